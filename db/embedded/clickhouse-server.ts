import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { createClickHouseHttp } from './clickhouse-http.ts'
import { type Engine, openEngine } from './engine.ts'
import { engineMemory } from './engine-settings.ts'
import { openInsertBodies } from './insert-body.ts'
import { answerParent } from './parent.ts'

const start = z.object({ dataDir: z.string(), port: z.number(), user: z.string(), password: z.string() })

// The child process that holds the engine: chDB must live on a main thread, and its crash must not be ours.
answerParent(async message => {
  const { dataDir, port, user, password } = start.parse(message)
  mkdirSync(dataDir, { recursive: true })
  const engine = await openWhenFree({ dataDir, memoryBytes: engineMemory() })
  const server = createClickHouseHttp(engine, openInsertBodies(dataDir), { user, password })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.close()
      await engine.close()
      server.closeAllConnections()
    },
  }
})

/** The process of a killed instance may still be closing the directory, which the engine opens for one at a time. */
async function openWhenFree(options: Parameters<typeof openEngine>[0]): Promise<Engine> {
  for (const until = Date.now() + 10_000; ; await delay(100)) {
    try {
      return openEngine(options)
    } catch (error) {
      const held = error instanceof Error && /Failed to create connection/.test(error.message)
      if (!held) throw error
      if (Date.now() > until) throw new Error(`${error.message}: another process has it, or its files are damaged`)
    }
  }
}
