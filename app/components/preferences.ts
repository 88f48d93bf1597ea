const choices = { theme: ['system', 'light', 'dark'], rail: ['wide', 'narrow'] } as const
const prefix = 'davylamp_'

export type Theme = (typeof choices.theme)[number]
export type Preferences = { theme: Theme; rail: (typeof choices.rail)[number] }

/** What this browser likes, from its cookies, so that the server's first paint is already right. */
export function readPreferences(cookie: string): Preferences {
  const kept = new Map(
    cookie.split(/;\s*/).map((pair): [string, string] => [pair.replace(/=.*/, ''), pair.replace(/.*?=/, '')]),
  )
  const choose = <T extends string>(name: keyof Preferences, options: readonly [T, ...T[]]): T =>
    options.find(option => option === kept.get(prefix + name)) ?? options[0]
  return { theme: choose('theme', choices.theme), rail: choose('rail', choices.rail) }
}

/** In the browser only. Kept for a year. */
export function keepPreference<K extends keyof Preferences>(name: K, value: Preferences[K]) {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `${prefix}${name}=${value}; path=/; max-age=31536000; samesite=lax`
}
