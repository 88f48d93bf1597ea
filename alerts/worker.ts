import { setTimeout as delay } from 'node:timers/promises'
import { alone } from '../db/advisory-lock.ts'
import { listProjectIds } from '../db/alerts.ts'
import { trimOutbox } from '../db/outbox.ts'
import type { Running, Services } from '../db/services.ts'
import { withSpan } from '../db/telemetry.ts'
import { startBacktests } from './backtest.ts'
import { checkProject } from './check.ts'
import { type SenderTimes, senderTimes, startSender } from './notify.ts'
import { lookAtRamps } from './ramp.ts'
import { openJudge } from './ramp-judge.ts'
import { startRounds } from './rounds.ts'
import { tellMonitor } from './tell-monitor.ts'
import { openWorkflows } from './workflows.ts'

export type AlertTimes = SenderTimes & { checkMs: number; longestRoundMs: number }
export const alertTimes: AlertTimes = { ...senderTimes, checkMs: 60_000, longestRoundMs: 30 * 60_000 }

/**
 * Looks at all projects' rules every minute (a rule is looked at when its window has moved) and at the ramps that run,
 * sends what is in the outbox, and tries rules on history. Several workers may run: a look, a ramp's step and a message
 * belong to one of them.
 */
export async function startAlerts(services: Services, times: AlertTimes = alertTimes): Promise<Running> {
  const sender = startSender(services, { times })
  const backtests = startBacktests(services)
  const workflows = openWorkflows(services.clickhouse)
  const judge = openJudge(services)
  const stopping = new AbortController()
  let checked = 0
  const roundEnded = tellMonitor(services)

  async function check() {
    const now = new Date()
    for (const projectId of await listProjectIds(services.postgres)) {
      if (stopping.signal.aborted) return
      await alone(services.postgres, `alerts.check.${projectId}`, () => checkOne(projectId, now))
    }
    if (checked++ % 60 === 0) await trimOutbox(services.postgres)
    roundEnded()
  }

  // One project's failure must not keep the others from being checked.
  async function checkOne(projectId: string, now: Date) {
    try {
      const attributes = { 'davylamp.project.id': projectId }
      await withSpan('check project', attributes, () =>
        checkProject(services, projectId, now, { workflows, signal: stopping.signal }),
      )
    } catch (error) {
      services.log.warn('cannot look at the rules of a project; they are looked at again in a minute', {
        projectId,
        error,
      })
    }
  }

  const rounds = { everyMs: times.checkMs, longestMs: times.longestRoundMs }
  const checks = startRounds(check, {
    ...rounds,
    onError: error => services.log.warn('cannot look at the rules', { error }),
  })
  const ramps = startRounds(() => lookAtRamps(services, new Date(), { judge, signal: stopping.signal }), {
    ...rounds,
    onError: error => services.log.warn('cannot look at the ramps', { error }),
  })
  return {
    name: 'alerts',
    urls: [],
    async stop() {
      stopping.abort()
      // A look under way may wait for a heavy query: whatever it would have written is looked at again.
      await Promise.race([
        Promise.all([sender.stop(), backtests.stop(), checks.stop(), ramps.stop()]),
        delay(3_000, undefined, { ref: false }),
      ])
    },
  }
}
