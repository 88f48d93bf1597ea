import { alone, listProjectIds } from '../db/alerts.ts'
import type { Running, Services } from '../db/services.ts'
import { withSpan } from '../db/telemetry.ts'
import { checkProject } from './check.ts'

const everyMs = 10 * 60_000

/** Checks all projects every ten minutes. Of several workers one does it at a time. */
export async function startAlerts(services: Services): Promise<Running> {
  let busy: Promise<void> | undefined
  let stopped = false

  async function check() {
    const now = new Date()
    await alone(services.postgres, 'alerts.check', async () => {
      for (const projectId of await listProjectIds(services.postgres)) {
        if (stopped) return
        await checkOne(projectId, now)
      }
    })
  }

  // One project's failure must not keep the others from being checked.
  async function checkOne(projectId: string, now: Date) {
    try {
      const attributes = { 'davylamp.project.id': projectId }
      await withSpan('check project', attributes, () => checkProject(services, projectId, now))
    } catch (error) {
      services.log.warn('cannot check a project week over week; it is tried again in ten minutes', { projectId, error })
    }
  }

  const tick = () => {
    busy ??= check()
      .catch(error => services.log.warn('cannot check the metrics week over week', { error }))
      .finally(() => {
        busy = undefined
      })
  }
  const timer = setInterval(tick, everyMs)
  tick()
  return {
    name: 'alerts',
    urls: [],
    async stop() {
      stopped = true
      clearInterval(timer)
      await busy
    },
  }
}
