import { randomBytes } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { EventWriter } from '../../agent-runtime/event-writer.ts'
import type { NewRunEvent } from '../../db/domain/run.ts'
import { openRunEvents } from '../../db/events.ts'
import { createLogger } from '../../db/log.ts'
import { openPostgres } from '../../db/postgres.ts'
import { mintProject, testStores } from '../setup/context.ts'
import { startProxy } from '../setup/proxy.ts'
import { startRedis } from '../setup/redis.ts'

const stores = testStores()
const log = createLogger('error')
const progress = (text: string): NewRunEvent => ({ type: 'progress', data: { text } })

describe.each(['Postgres', 'Redis'] as const)('a writer of events on %s', store => {
  it('stores each once where the store takes them and its answer is lost', async () => {
    const { url, stop } = store === 'Redis' ? await startRedis() : { url: stores.urls.postgres, stop: async () => {} }
    const proxy = await startProxy(url)
    const postgres = openPostgres(store === 'Redis' ? stores.urls.postgres : proxy.url)
    const near = await openRunEvents({
      ...stores,
      postgres,
      config: { redisUrl: store === 'Redis' ? proxy.url : undefined },
      log,
    })
    const direct = await openRunEvents({ ...stores, config: { redisUrl: store === 'Redis' ? url : undefined }, log })
    onTestFinished(async () => {
      await Promise.all([near.close(), direct.close(), postgres.close()])
      await proxy.close()
      await stop()
    })
    const { projectId } = await mintProject()
    const run = { runId: `run_${randomBytes(8).toString('hex')}`, projectId }
    await stores.postgres.sql`
      insert into runs (id, project_id, trace_id, workflow, workflow_version, input)
      values (${run.runId}, ${projectId}, ${randomBytes(16).toString('hex')}, 'w', '1', '{}')`
    const writer = { runId: run.runId, traceId: '0'.repeat(32), attempt: 1 }
    const lost: Error[] = []
    const events = new EventWriter({ events: near, writer, onLost: cause => lost.push(cause) })

    events.emit(progress('heard'))
    await events.flush()
    proxy.change('mute')
    for (const text of ['unheard', 'unheard too']) events.emit(progress(text))
    const written = events.flush()
    const stored = async () => (await direct.read(run, 0, 100)).at(-1)?.data
    await expect.poll(stored).toEqual({ text: 'unheard too' })
    await direct.append(writer, [progress('of another process')])
    proxy.change('fair')
    await written
    events.emit(progress('last'))
    await events.flush()

    const told = (await direct.read(run, 0, 100)).map(({ seq, data }) => [seq, data])
    const texts = ['heard', 'unheard', 'unheard too', 'of another process', 'last']
    expect(told).toEqual(texts.map((text, i) => [i + 1, { text }]))
    expect(lost).toEqual([])
  })
})
