/** Bytes in base64 within a text: where they stand (with `data:...;base64,` before them), what they are and how many. */
export type Media = { from: number; to: number; base64From: number; type: MediaType; bytes: number }

const leastLength = 512

const beginnings = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
  ['JVBERi0', 'application/pdf'],
  ['SUQz', 'audio/mpeg'],
  ['T2dnUw', 'audio/ogg'],
] as const
export type MediaType = (typeof beginnings)[number][1] | 'audio/wav' | 'application/octet-stream'

/** What a browser may show as an image of ours: these hold no script. */
export const imageTypes: readonly MediaType[] = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']

/**
 * The images, sounds and documents that a text holds in base64, in their order: as data URLs, or as texts that begin as
 * such files do. Their type is told by their first bytes, never by what the sender says. Takes time by the length.
 */
export function findMedia(text: string): Media[] {
  const found: Media[] = []
  if (text.length < leastLength) return found
  for (let at = 0; at < text.length; ) {
    if (!isBase64(text.charCodeAt(at))) {
      at += 1
      continue
    }
    const start = at
    while (at < text.length && isBase64(text.charCodeAt(at))) at += 1
    const end = at
    while (text.charCodeAt(at) === equalsSign && at - end < 2) at += 1
    if (end - start < leastLength) continue
    const prefix = /data:[\w.+/;=-]{0,100};base64,$/.exec(text.slice(Math.max(0, start - 130), start))?.[0]
    const type = typeOf(text, start)
    if (!type && !prefix) continue
    const media = {
      base64From: start,
      type: type ?? 'application/octet-stream',
      bytes: Math.floor(((end - start) * 3) / 4),
    }
    found.push({ from: start - (prefix?.length ?? 0), to: at, ...media })
  }
  return found
}

const equalsSign = 61

function typeOf(text: string, at: number): MediaType | undefined {
  const type = beginnings.find(([beginning]) => text.startsWith(beginning, at))?.[1]
  // RIFF files name their kind behind their size, WEBP or WAVE: of which the last three letters are these in base64.
  if (type !== 'image/webp') return type
  const kind = text.slice(at + 12, at + 16)
  return kind === 'RUJQ' ? 'image/webp' : kind === 'QVZF' ? 'audio/wav' : undefined
}

/** Letters, digits, + and /, and their stand-ins of URLs. */
const isBase64 = (code: number) =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 47 && code <= 57) ||
  code === 43 ||
  code === 45 ||
  code === 95

/** What stands in the place of media in a text that is shown: enough to fetch and to name them. */
export type MediaToken = { field: string; at: number; type: string; bytes: number }

export const mediaToken = ({ field, at, type, bytes }: MediaToken) => `davylamp-media:${field}:${at}:${type}:${bytes}`

export function readMediaToken(text: string): MediaToken | undefined {
  const [, field = '', at, type = '', bytes] =
    /^davylamp-media:(\w{1,20}):(\d{1,6}):([\w.+/-]{1,60}):(\d{1,12})$/.exec(text) ?? []
  return at === undefined ? undefined : { field, at: Number(at), type, bytes: Number(bytes) }
}
