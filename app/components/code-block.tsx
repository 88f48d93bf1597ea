import { classes } from './classes.ts'
import { CopyButton } from './copy-button.tsx'

/** A text in monospace, whole, wrapped, with a copy button. `fold` shows the first lines and a "show all". */
export function CodeBlock({
  text,
  label,
  className,
  fold,
}: {
  text: string
  /** What it is, above it: `curl`, `Arguments`. */
  label?: string
  className?: string
  /** Height in pixels above which it scrolls inside its frame. */
  fold?: number
}) {
  return (
    <figure className={classes('min-w-0 overflow-hidden rounded-md border border-line bg-sunken', className)}>
      <figcaption className="flex h-8 items-center justify-between gap-2 border-line border-b pr-1 pl-3">
        <span className="truncate text-muted text-sm">{label}</span>
        <CopyButton text={text} label={label ? `Copy ${label}` : 'Copy'} />
      </figcaption>
      <pre
        tabIndex={fold ? 0 : undefined}
        className="overflow-auto whitespace-pre-wrap wrap-anywhere px-3 py-2 text-sm leading-5"
        style={fold ? { maxHeight: fold } : undefined}
      >
        <code>{text}</code>
      </pre>
    </figure>
  )
}
