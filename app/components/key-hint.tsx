import { classes } from './classes.ts'

/** Keys as they are printed on the keyboard: `Ctrl K`, `j`, `Esc`. */
export function KeyHint({ keys, inverted = false }: { keys: string; inverted?: boolean }) {
  return (
    <span className="inline-flex gap-0.5 align-middle">
      {keys.split(' ').map(key => (
        <kbd
          key={key}
          className={classes(
            'min-w-4.5 rounded-sm border px-1 text-center text-xs leading-4',
            inverted ? 'border-current opacity-80' : 'border-line-strong bg-surface text-muted',
          )}
        >
          {key}
        </kbd>
      ))}
    </span>
  )
}
