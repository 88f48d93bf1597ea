/** Rows, the newest first; `next` asks for those that are older, null at the end. */
export type Page<Row> = { rows: Row[]; next: string | null }
/** The rows behind a cursor. */
export type OlderPage<Row> = Page<Row> & { after: string | null }
/** What tells rows apart, and what they are ordered by. */
export type Order<Row> = { idOf: (row: Row) => string; atOf: (row: Row) => bigint }

/** A list that grows at its older end by pages, and at its newer end by refreshes. */
export type PagedList<Row> = Page<Row> & { paged: boolean }

export const startList = <Row>(first: Page<Row>): PagedList<Row> => ({ ...first, paged: false })

/** Puts an older page behind the list, where the list still ends: else rows between them were never seen. */
export function joinOlder<Row>(list: PagedList<Row>, page: OlderPage<Row>, { idOf }: Order<Row>): PagedList<Row> {
  if (page.after !== list.next) return list
  const known = new Set(list.rows.map(idOf))
  const rows = [...list.rows, ...page.rows.filter(row => !known.has(idOf(row)))]
  return { rows, next: page.next, paged: true }
}

/**
 * Puts a fresh first page over the list. Where the two no longer overlap, rows between them were never seen: then the
 * older part goes, rather than leave a gap that nobody can tell.
 */
export function joinRefreshed<Row>(list: PagedList<Row>, first: Page<Row>, { idOf, atOf }: Order<Row>): PagedList<Row> {
  const fresh = new Set(first.rows.map(idOf))
  const overlaps = list.rows.some(row => fresh.has(idOf(row)))
  if (!list.paged || !overlaps || first.next === null) return startList(first)
  const oldest = atOf(first.rows.at(-1)!)
  const older = list.rows.filter(row => !fresh.has(idOf(row)) && atOf(row) <= oldest)
  return { rows: [...first.rows, ...older], next: list.next, paged: true }
}
