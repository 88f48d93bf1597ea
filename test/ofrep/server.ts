import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll } from 'vitest'
import { ofrepRouter } from '../../app/ofrep/router.ts'
import { createApiKey, type KeyAudience } from '../../db/api-keys.ts'
import { createProject } from '../../db/projects.ts'
import type { Services } from '../../db/services.ts'
import { testServices } from '../setup/context.ts'

/** The OFREP routes on a free port. */
export async function startOfrep(limits?: Parameters<typeof ofrepRouter>[1], given?: Services) {
  const services = given ?? (await testServices())
  const app = express()
  app.use('/ofrep/v1', ofrepRouter(services, limits))
  const server = createServer(app)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const stop = async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  afterAll(stop)
  const { postgres } = services
  return {
    services,
    stop,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** A project of its own with a key of each kind. */
    async newProject() {
      const projectId = await createProject(postgres, { name: 'Test' })
      const keyFor = async (audience: KeyAudience) =>
        (await createApiKey(postgres, { projectId, name: 'test', audience })).key
      return {
        projectId,
        at: { postgres, projectId },
        serverKey: await keyFor('server'),
        clientKey: await keyFor('client'),
      }
    },
  }
}
export type Ofrep = Awaited<ReturnType<typeof startOfrep>>

/** Waits until this process has the change in effect. */
export async function inEffect({ services }: Pick<Ofrep, 'services'>, { version }: { version: number }) {
  if (!(await services.flags.reach(version, 10_000))) throw new Error(`version ${version} did not come into effect`)
}
