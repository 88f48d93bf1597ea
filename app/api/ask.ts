/**
 * What a resource route of ours says, asked from time to time: undefined where it cannot be had now. A fetcher would put
 * its error, or the way to sign in, in the place of the page and of what is typed there.
 */
export async function askQuietly<T>(path: string, signal: AbortSignal): Promise<T | undefined> {
  try {
    const answer = await fetch(path, { signal, redirect: 'error' })
    return answer.ok ? ((await answer.json()) as T) : undefined
  } catch {
    return undefined
  }
}
