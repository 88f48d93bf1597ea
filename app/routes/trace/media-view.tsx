import { FileQuestion, Image } from 'lucide-react'
import { useContext, useState } from 'react'
import { imageTypes, readMediaToken } from '../../../db/domain/media.ts'
import { bytes } from '../../components/format.ts'
import { PayloadBase } from './payload-base.ts'

/** An image of a message, fetched when it comes into view; any other file by its name and size, to be downloaded. */
export function MediaView({ url }: { url: string }) {
  const base = useContext(PayloadBase)
  const [failed, setFailed] = useState(false)
  const token = readMediaToken(url)
  if (!token) return null
  const words = `${token.type}, ${bytes(token.bytes)}`
  const at = `${base}?field=${token.field}&media=${token.at}`
  const isImage = imageTypes.some(type => type === token.type)
  const Icon = isImage ? Image : FileQuestion
  return (
    <figure className="grid min-w-0 justify-items-start gap-1">
      {isImage && base && !failed && (
        <img
          src={at}
          alt={`From the message: ${words}`}
          loading="lazy"
          onError={() => setFailed(true)}
          className="max-h-96 min-h-8 min-w-8 max-w-full rounded-md border border-line bg-sunken object-contain"
        />
      )}
      <figcaption className="flex items-center gap-1.5 text-muted text-sm">
        <Icon size={13} aria-hidden className="shrink-0" />
        {base ? (
          <a href={at} target="_blank" rel="noreferrer" className="underline-offset-2 hover:underline">
            {words}
          </a>
        ) : (
          words
        )}
        {failed && <span className="text-warn">It cannot be shown.</span>}
      </figcaption>
    </figure>
  )
}
