import { join } from 'node:path'
import { openCompanions } from '../db/companions.ts'
import type { Ledger } from '../db/ledger.ts'
import type { Services } from '../db/services.ts'
import { receivedSpans, type SpanRow } from '../db/spans.ts'
import { BlockStore } from './block-store.ts'
import { openLookUps } from './look-ups.ts'
import { RecentSpans } from './recent-spans.ts'
import { SpanStore } from './span-store.ts'
import type { SpanTable } from './span-table.ts'
import { type SpoolLimits, spoolLimits } from './spool.ts'
import { openJournal, openSpool } from './spool-folder.ts'
import { Spooler } from './spooler.ts'

export type StoreOptions = Pick<ConstructorParameters<typeof BlockStore>[0], 'patience' | 'highLoad'>
type Options = { table: SpanTable; ledger: Ledger; spool?: Partial<SpoolLimits> } & StoreOptions

/** The store of spans with all that it stands on: the spool on disk, what was stored of late, and who else stores. */
export async function openSpanStore(services: Services, { table, ledger, spool: limits, patience, highLoad }: Options) {
  const { config, log, postgres } = services
  const root = join(config.dataDir, 'spool')
  const spool = await openSpool(root, { ...spoolLimits, ...limits }, log)
  const spooler = new Spooler({ spool, log })
  const journal = spool && (await openJournal(root, log))
  const blocks = new BlockStore({ table, spooler, log, patience, journal, highLoad })
  const companions = await openCompanions(postgres, { work: 'ingest', sinceMs: Date.now(), log })
  const recent = await learnRecent(services)
  const existing = openLookUps({ table, spooler, log, patience })
  const spans = new SpanStore({ blocks, recent, existing, othersUntilMs: companions.lastAtWorkMs })
  return {
    spans,
    spooler,
    journal,
    /** Begins to store what is on disk. `wasThere` is called when some of it had arrived after all, perhaps by half. */
    start(wasThere: () => void) {
      spooler.start(async (rows, { token, isBooked }) => {
        const fresh = await spans.storeSpooled(rows, token)
        if (!isBooked) note(ledger, rows, fresh)
        if (fresh.length < rows.length) wasThere()
      })
    },
    drain: () => blocks.drain(),
    async stop() {
      await Promise.all([spooler.stop(), journal?.close(), companions.stop()])
    },
  }
}

const knownMs = 15 * 60_000
const mostKnown = 200_000

/** What was stored of late, by processes that are gone: a client may send it again. */
async function learnRecent({ clickhouse, log }: Services): Promise<RecentSpans> {
  const now = Date.now()
  const recent = new RecentSpans(undefined, now)
  let count = 0
  let oldestMs = now
  const since = new Date(now - knownMs)
  await receivedSpans(clickhouse, { since, limit: mostKnown }, (span, receivedMs) => {
    recent.add(span)
    count += 1
    oldestMs = receivedMs
  }).then(
    () => recent.knowSince(count < mostKnown ? since.getTime() : oldestMs),
    error => log.warn('cannot learn which spans were stored of late; each is looked for', { error }),
  )
  return recent
}

/** What was spooled counts again when it is stored, without a client. */
function note(ledger: Ledger, rows: readonly SpanRow[], fresh: readonly SpanRow[]) {
  const isFresh = new Set(fresh)
  for (const row of rows) {
    const outcome = isFresh.has(row) ? 'stored' : 'duplicate'
    ledger.record({ projectId: row.projectId, client: '', item: 'spans', outcome, count: 1 })
  }
}
