import { expect, it } from 'vitest'
import { z } from 'zod'
import { openPrices, readPriceBook, readPrices } from '../db/costs.ts'
import { costNanoUsd, type Price, priceAt } from '../db/domain/pricing.ts'
import { pricedSql } from '../db/price-sql.ts'
import { seeded } from './ingest/otlp-factory.ts'
import { mintProject, testStores } from './setup/context.ts'

const { clickhouse, postgres } = testStores()
await openPrices(postgres)
const { prices } = await readPrices(postgres, null)
const random = seeded(11)
const upTo = (most: number) => Math.floor(random() * most)

const usage = () => {
  const scale = 10 ** upTo(6) + 1
  const [inputTokens, outputTokens] = [upTo(scale), upTo(scale)]
  const cacheWriteTokens = random() < 0.5 ? 0 : upTo(inputTokens + 10)
  return {
    inputTokens,
    outputTokens,
    cacheReadTokens: random() < 0.5 ? 0 : upTo(inputTokens + 10),
    cacheWriteTokens,
    cacheWrite1hTokens: random() < 0.7 ? 0 : upTo(cacheWriteTokens + 10),
    reasoningTokens: random() < 0.5 ? 0 : upTo(outputTokens + 10),
    inputAudioTokens: random() < 0.7 ? 0 : upTo(inputTokens + 10),
    outputAudioTokens: random() < 0.7 ? 0 : upTo(outputTokens + 10),
    at: new Date(Date.UTC(2023, upTo(40), upTo(28), upTo(24), upTo(60), upTo(60))),
  }
}
type Usage = ReturnType<typeof usage>

/** What the expression gives for some spans. */
function computed(lists: Price[][], usages: Usage[]) {
  const { cost, version } = pricedSql(lists)
  const rows = usages.map(one => {
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens, at } = one
    const { cacheWrite1hTokens, inputAudioTokens, outputAudioTokens } = one
    const plain = [inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens, at.getTime()]
    return `(${[...plain, cacheWrite1hTokens, inputAudioTokens, outputAudioTokens].join(', ')})`
  })
  return clickhouse.query({
    sql: `
      select toString(${cost}) as cost, ${version} as version
      from (
        select
          toUInt32(row.1) as input_tokens, toUInt32(row.2) as output_tokens, toUInt32(row.3) as cache_read_tokens,
          toUInt32(row.4) as cache_write_tokens, toUInt32(row.5) as reasoning_tokens,
          toUInt32(row.7) as cache_write_1h_tokens, toUInt32(row.8) as input_audio_tokens,
          toUInt32(row.9) as output_audio_tokens,
          toDateTime64(fromUnixTimestamp64Milli(row.6), 9, 'UTC') as start_time
        from (select arrayJoin([${rows.join(', ')}]) as row)
      )`,
    row: z.object({ cost: z.string().nullable(), version: z.string() }),
  })
}

function expected(lists: Price[][], one: Usage) {
  for (const rows of lists) {
    const found = priceAt(rows, one.at)
    const cost = found && costNanoUsd(found, one)
    if (found && cost !== undefined) return { cost: String(cost), version: found.version }
  }
  return { cost: null, version: '' }
}

/** Rows of one provider and model, as the book hands them out. */
const models = [...new Map(prices.map(row => [`${row.provider}/${row.model}`, row])).values()].map(
  ({ provider, model }) => prices.filter(row => row.provider === provider && row.model === model),
)
const dated = models.filter(rows => rows.length > 1)
const tiered = models.filter(rows => rows.some(({ tiers }) => tiers.length > 0))
const withAudio = models.filter(rows => rows.some(({ inputAudio, outputAudio }) => inputAudio ?? outputAudio))
const withHours = models.filter(rows => rows.some(({ cacheWrite1h }) => cacheWrite1h))
const any = Array.from({ length: 40 }, () => models[upTo(models.length)] as Price[])
const own = (rates: Partial<Price>): Price => ({ ...(prices[0] as Price), version: 'own@1', tiers: [], ...rates })

it.each<[string, Price[][][]]>([
  ['models with one price', any.map(rows => [rows])],
  ['models whose price changes by date or hour', dated.slice(0, 40).map(rows => [rows])],
  ['models with tiers', tiered.slice(0, 40).map(rows => [rows])],
  ['models with prices of audio', withAudio.slice(0, 20).map(rows => [rows])],
  ['models with a price of cache writes for an hour', withHours.slice(0, 20).map(rows => [rows])],
  [
    'a project’s price before the list’s',
    [
      [[own({ input: 0.123456789, output: null })], any[0] ?? []],
      [[own({ validFrom: new Date('2024-03-05T06:07:08Z'), validTo: new Date('2025-01-01') })], any[1] ?? []],
      [[own({ input: 1 }), own({ version: 'own@2', input: 2, validFrom: new Date('2024-09-01') })], []],
      [[], []],
    ],
  ],
])('ClickHouse computes the same as the intake: %s', async (_, cases) => {
  expect(cases.length).toBeGreaterThan(0)
  for (const lists of cases) {
    const usages = Array.from({ length: 60 }, usage)
    expect(await computed(lists, usages)).toEqual(usages.map(one => expected(lists, one)))
  }
})

it('a version is a text, whatever it holds', async () => {
  const lists = [[own({ version: "'); drop table spans; --" })]]
  const plain = { ...usage(), cacheWrite1hTokens: 0, inputAudioTokens: 0, outputAudioTokens: 0 }
  expect(await computed(lists, [plain])).toMatchObject([{ version: "'); drop table spans; --" }])
})

it('a project’s book holds its own prices before the list, and no other project’s', async () => {
  const { projectId } = await mintProject()
  const other = await mintProject()
  await postgres.sql`
    insert into prices (project_id, version, provider, model, pattern, input_per_million)
    values (${projectId}, 'own@7', '', 'gpt-4o', ${postgres.sql.json({ equals: 'gpt-4o' })}, 1)`
  const call = { provider: 'azure', model: 'gpt-4o' }
  const lists = (await readPriceBook(postgres, projectId)).candidates(call)
  expect(lists.map(rows => rows[0]?.version)).toEqual(['own@7', expect.stringMatching(/^genai-prices@/)])
  expect((await readPriceBook(postgres, other.projectId)).candidates(call)[0]).toEqual([])
})
