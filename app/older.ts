/** The number of the row behind which a page begins, `?before=` of a URL; undefined asks for the newest. */
export function readBefore(url: string): number | undefined {
  const text = new URL(url).searchParams.get('before') ?? ''
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined
}

/**
 * A page of at most `size` rows, and the number that asks for the next. It is read with one row more than it shows, so that
 * a page that is just full leads to no empty one.
 */
export function pageOf<Row>(rows: Row[], size: number, numberOf: (row: Row) => number) {
  const shown = rows.slice(0, size)
  const last = shown.at(-1)
  return { rows: shown, next: rows.length > size && last ? numberOf(last) : null }
}
