import { Readable } from 'node:stream'
import { createReadableStreamFromReadable, data, type LoaderFunctionArgs } from '@remix-run/node'
import { findMedia, imageTypes } from '../../../db/domain/media.ts'
import { attributePlace, payloadFields } from '../../../db/domain/payload-view.ts'
import { notFound, requireProject } from '../../access.server.ts'
import { findSpan } from '../trace-span/find-span.server.ts'

/**
 * One payload or attribute of a span whole, as plain text (`?field=input`, `?field=attributes.key`), or one of the media in it (`&media=0`). It is somebody
 * else's content on our origin: a browser may show it as text or as an image that holds no script, and as nothing else.
 */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const asked = new URL(args.request.url).searchParams
  const place = asked.get('field') ?? ''
  const field = payloadFields.find(name => name === place)
  const key = place.startsWith(attributes) ? place.slice(attributes.length) : undefined
  if (!field && key === undefined)
    throw data({ message: `Name a field: ${payloadFields.join(', ')} or ${attributes}<name>.` }, { status: 400 })
  const span = await findSpan(services.clickhouse, project.id, args)
  if (!span) throw notFound('This trace has no span with this id.')
  const text = field ? span[field] : Object.hasOwn(span.attributes, key ?? '') ? span.attributes[key ?? ''] : undefined
  if (text === undefined) throw notFound('This span has no attribute of this name.')
  const name = `${span.spanId}-${field ?? 'attribute'}`
  const number = asked.get('media')
  if (number === null) return asText(text, { name, download: asked.has('download') })
  const media = findMedia(text)[Number(number)]
  if (!media) throw notFound('This payload has no such image.')
  const isImage = imageTypes.includes(media.type)
  return new Response(new Uint8Array(Buffer.from(text.slice(media.base64From, media.to), 'base64')), {
    headers: {
      ...closed,
      'content-type': isImage ? media.type : 'application/octet-stream',
      'content-disposition': `${isImage ? 'inline' : 'attachment'}; filename="${name}-${Number(number)}"`,
    },
  })
}

const attributes = attributePlace('')
const closed = { 'content-security-policy': "default-src 'none'; sandbox" }
const pieceLength = 1 << 20

function asText(text: string, { name, download }: { name: string; download: boolean }) {
  const body = createReadableStreamFromReadable(Readable.from(pieces(text)))
  const disposition = `${download ? 'attachment' : 'inline'}; filename="${name}.txt"`
  const headers = { ...closed, 'content-type': 'text/plain; charset=utf-8', 'content-disposition': disposition }
  return new Response(body, { headers })
}

/** Never between the halves of a surrogate pair, which would both be lost. */
function* pieces(text: string) {
  for (let at = 0; at < text.length; ) {
    const end = at + pieceLength
    const code = text.charCodeAt(end - 1)
    const to = code >= 0xd800 && code < 0xdc00 ? end + 1 : end
    yield text.slice(at, to)
    at = to
  }
}
