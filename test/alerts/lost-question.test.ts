import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { startSender } from '../../alerts/notify.ts'
import { createChannel } from '../../db/alert-channels.ts'
import { channels } from '../../db/domain/channels.ts'
import { writeMessages } from '../../db/outbox.ts'
import { openPostgres } from '../../db/postgres.ts'
import { createProject } from '../../db/projects.ts'
import { startCatcher } from '../peers/catcher.ts'
import { freshDatabase, testServices } from '../setup/context.ts'
import { startProxy } from '../setup/proxy.ts'

const url = await freshDatabase()
const { postgres, ...services } = await testServices({ DATABASE_URL: url, ALLOW_PRIVATE_ADDRESSES: 'true' })
const [peer, proxy] = await Promise.all([startCatcher(), startProxy(url)])
const behindProxy = openPostgres(proxy.url)
afterAll(async () => {
  proxy.change('fair')
  await Promise.all([behindProxy.close(), peer.close()])
  await proxy.close()
})

it('goes on sending when the database never answers what it was asked about each message under way', async () => {
  peer.handle(() => ({ status: 200 }))
  const projectId = await createProject(postgres, { name: 'Hung' })
  const secret = channels.webhook.secret.parse({ url: `${peer.url}/hook`, signingSecret: `whsec_${'a'.repeat(32)}` })
  const route = { severities: [], workflows: [], metrics: [] }
  // As many destinations as are worked on at a time.
  for (let n = 0; n < 4; n++) {
    const fields = {
      name: `hook ${n}`,
      kind: 'webhook' as const,
      config: channels.webhook.config.parse({}),
      secret,
      route,
    }
    const id = await createChannel(postgres, projectId, { ...fields, quiet: null }, { instanceSecret: services.secret })
    const row = { id: `test_${n}`, projectId, lane: id, kind: 'test' as const, channelId: id }
    await postgres.orm.transaction(tx => writeMessages(tx, [row]))
  }
  const waiting = async () => {
    const [row] = await postgres.sql`
      select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    return row?.n
  }
  const times = { pollMs: 20, leaseMs: 2_000, answerMs: 1_000, firstRetryMs: 30, longestRetryMs: 100 }
  let sender: ReturnType<typeof startSender> | undefined
  try {
    await postgres.sql.begin(async tx => {
      await tx`lock table projects in access exclusive mode`
      sender = startSender({ ...services, postgres: behindProxy }, { times })
      await expect.poll(waiting).toBe(4)
      proxy.change('swallow')
    })
    // The answers come now, and are lost.
    await expect.poll(waiting).toBe(0)
    await delay(100)
    expect(peer.caught).toHaveLength(0)
    proxy.change('fair')
    const left = async () => (await postgres.sql`select id from outbox where done_at is null`).length
    await expect.poll(left, { timeout: 30_000 }).toBe(0)
    expect(peer.caught).toHaveLength(4)
  } finally {
    await sender?.stop()
  }
})
