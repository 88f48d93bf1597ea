import { CircleCheck, Hand, type LucideIcon, Undo2 } from 'lucide-react'
import { classes } from '../../components/classes.ts'
import { whole } from '../../components/format.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { ComparedView } from '../flag-comparison/read-comparison.server.ts'
import type { FlagView } from './read-flag.server.ts'

const looks: Record<ComparedView['verdict'], { icon: LucideIcon; word: string; look: string; colour: string }> = {
  promote: { icon: CircleCheck, word: 'Promote', look: 'border-good/50 bg-good-soft', colour: 'text-good' },
  hold: { icon: Hand, word: 'Hold', look: 'border-line-strong bg-surface', colour: 'text-ink' },
  'roll back': { icon: Undo2, word: 'Roll back', look: 'border-bad/50 bg-bad-soft', colour: 'text-bad' },
}

type Props = { view: FlagView; compared: ComparedView; isOn: boolean; at: Date }

/** The one sentence: promote, hold or roll back, and why; and who will act on it. */
export function Verdict({ view, compared, isOn, at }: Props) {
  const { verdict, reason, since, until, split, uncontrolledSince } = compared
  const { icon: Icon, word, look, colour } = looks[verdict]
  return (
    <section aria-label="Verdict" className={classes('flex gap-3 rounded-md border px-4 py-3', look)}>
      <Icon size={22} aria-hidden className={classes('mt-0.5 shrink-0', colour)} />
      <div className="grid min-w-0 gap-1">
        <p className="text-lg">
          <strong className={colour}>{word}:</strong> {reason}.
        </p>
        <p className="text-muted">
          {whole(split.canary + split.control)} users compared since <RelativeTime at={since} />
          {until ? (
            <>
              {' '}
              until <RelativeTime at={until} />: the canary is not on any more.
            </>
          ) : (
            <>
              , looked at <RelativeTime at={at} />.
            </>
          )}{' '}
          {uncontrolledSince && (
            <>
              Everyone has been in the canary since <RelativeTime at={uncontrolledSince} />, so nothing is compared any
              more and only the fuses look on.{' '}
            </>
          )}
          {isOn && whoActs(view)}
        </p>
      </div>
    </section>
  )
}

function whoActs({ flag }: FlagView): string {
  const ramp = flag?.kind === 'workflow' ? flag.ramp : undefined
  if (ramp?.state === 'running')
    return 'The ramp acts on it by itself within a minute; whoever changes the flag takes over.'
  if (ramp?.state === 'paused')
    return `The ramp is paused (${ramp.because ?? 'by hand'}), so nothing happens by itself.`
  return 'No ramp runs, so nothing happens by itself.'
}
