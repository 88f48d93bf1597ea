/** From Sunday on, as dates count days. */
export const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
type Window = { days: readonly number[]; from: string; to: string; zone: string }

const mondayFirst = [1, 2, 3, 4, 5, 6, 0]

/** The window in words: `Mon to Fri 22:00 to 06:00 the next day UTC`, `Sat and Sun all day UTC`. */
export function weekWords({ days, from, to, zone }: Window): string {
  const hours = from === to && from === '00:00' ? 'all day' : `${from} to ${to}${from < to ? '' : ' the next day'}`
  return `${dayWords(days)} ${hours} ${zone}`
}

function dayWords(days: readonly number[]): string {
  if (days.length === 7) return 'every day'
  const places = mondayFirst.flatMap((day, place) => (days.includes(day) ? [place] : []))
  const name = (place: number) => dayNames[mondayFirst[place] ?? 0] ?? ''
  const [first = 0, last = 0] = [places[0], places.at(-1)]
  if (places.length > 2 && last - first === places.length - 1) return `${name(first)} to ${name(last)}`
  return new Intl.ListFormat('en-GB').format(places.map(name))
}
