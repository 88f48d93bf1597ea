import { useState } from 'react'
import { classes } from '../../components/classes.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { whole } from '../../components/format.ts'
import { Markdown } from '../../components/markdown.tsx'

/** A text longer than this is folded; unfolded it is shown to its last character. */
const foldAt = 1600
const foldLines = 24

/** A text, whole: short ones as they are, long ones folded with a button that shows all of it. */
export function LongText({
  text,
  label,
  markdown = false,
  mono = false,
}: {
  text: string
  /** What it is, for the copy button. */
  label: string
  markdown?: boolean
  mono?: boolean
}) {
  const [open, setOpen] = useState(false)
  const head = folded(text)
  const shown = open || head === undefined ? text : `${head} …`
  return (
    <div className="group/text relative min-w-0">
      <div className={mono ? 'rounded-md border border-line bg-sunken px-3 py-2' : undefined}>
        {markdown && !mono ? (
          <Markdown text={shown} />
        ) : (
          <pre
            className={classes('whitespace-pre-wrap wrap-anywhere', mono ? 'text-sm leading-5' : 'font-sans text-base')}
          >
            {shown}
          </pre>
        )}
      </div>
      {head !== undefined && (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="mt-1 text-accent-strong text-sm underline-offset-2 hover:underline"
        >
          {open ? 'Fold' : `Show all ${whole(text.length)} characters`}
        </button>
      )}
      <span className="absolute top-0.5 right-0.5 rounded-sm bg-raised opacity-0 focus-within:opacity-100 group-hover/text:opacity-100">
        <CopyButton text={text} label={`Copy ${label}`} />
      </span>
    </div>
  )
}

/** The first lines of a text that is too long to show at once; undefined when it is not. */
function folded(text: string): string | undefined {
  const lines = text.split('\n', foldLines + 1)
  if (text.length <= foldAt && lines.length <= foldLines) return undefined
  const head = lines.slice(0, foldLines).join('\n').slice(0, foldAt)
  // A few characters behind the fold are not worth a click.
  return text.length - head.length < 200 ? undefined : head
}
