import { readPriceBook } from '../../../db/costs.ts'
import { priceAt } from '../../../db/domain/pricing.ts'
import { dayMs, hourMs } from '../../../db/domain/time.ts'
import { listModelUsage } from '../../../db/model-usage.ts'
import { listOwnPrices } from '../../../db/own-prices.ts'
import { planCosts } from '../../../db/recompute.ts'
import { listRecomputes } from '../../../db/recompute-jobs.ts'
import type { Services } from '../../../db/services.ts'
import type { Shown } from './shown.ts'

const usageDays = 30

/** Models in use with the price that holds now, the project's own prices, and costs that are being computed again. */
export async function readPricesPage({ clickhouse, postgres }: Services, projectId: string, now: Date) {
  const window = { projectId, from: new Date(now.getTime() - usageDays * dayMs), to: new Date(now.getTime() + hourMs) }
  const [usage, own, recomputes, book] = await Promise.all([
    listModelUsage(clickhouse, window),
    listOwnPrices(postgres, projectId),
    listRecomputes(postgres, projectId),
    readPriceBook(postgres, projectId),
  ])
  const models = usage.map(used => {
    const found = book.candidates(used).map(rows => priceAt(rows, now))
    return { ...used, price: shown(found.find(price => price !== undefined)) }
  })
  return { models, own, recomputes }
}

const shown = (price: Shown | undefined): Shown | null =>
  price ? { version: price.version, input: price.input, output: price.output } : null

/** The end leaves room for clocks that go ahead; without days, everything. */
export function recomputeWindow(projectId: string, days: number, now: Date) {
  const from = days === 0 ? new Date(0) : new Date(now.getTime() - days * dayMs)
  return { projectId, from, to: new Date(now.getTime() + hourMs) }
}

export async function previewCosts({ clickhouse, postgres }: Services, projectId: string, days: number, now: Date) {
  const book = await readPriceBook(postgres, projectId)
  const { changes: _, ...sums } = await planCosts(clickhouse, book, recomputeWindow(projectId, days, now))
  return sums
}
