import { Pause, Play, Plus, Trash2 } from 'lucide-react'
import type { WorkflowFlag } from '../../../db/domain/flags/flag.ts'
import type { Ramp, Stage } from '../../../db/domain/flags/ramp.ts'
import { percent } from '../../../db/domain/flags/words.ts'
import { Badge, type Tone } from '../../components/badge.tsx'
import { Button, IconButton } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { Input } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { FlagView } from './read-flag.server.ts'
import { faultAt, SaveBar } from './save-bar.tsx'
import { toPatch, useChange, useDraft } from './use-save.ts'

const tones: Record<Ramp['state'], Tone> = {
  ready: 'neutral',
  running: 'canary',
  paused: 'warn',
  done: 'good',
  'rolled back': 'bad',
}

/** The canary's way to everyone: its stages, where it stands, what was last said of it, and how to take it over. */
export function RampPanel({ view, flag, mayChange }: { view: FlagView; flag: WorkflowFlag; mayChange: boolean }) {
  const changing = useChange()
  const { ramp } = flag
  const act = (name: 'add' | 'start' | 'pause' | 'remove') =>
    changing.ask({ intent: 'ramp', act: name, from: view.revision })
  const fault = changing.answer && !changing.answer.ok && changing.answer.message
  return (
    <Panel
      title="Ramp"
      lead="Stages of growing share. It goes on when the comparison allows it and goes back when it shows harm; who changes the flag by hand pauses it."
      actions={ramp && <Badge tone={tones[ramp.state]}>{ramp.state}</Badge>}
    >
      {fault && <ErrorState title="Not changed">{fault}</ErrorState>}
      {!ramp && (
        <Button icon={Plus} disabled={!mayChange} busy={changing.busy} onClick={() => act('add')}>
          Plan a ramp of 1, 5, 25, 50 and 100 %
        </Button>
      )}
      {ramp && (
        <div className="grid gap-4">
          <Standing view={view} ramp={ramp} />
          <Stages key={ramp.stages.length} view={view} ramp={ramp} mayChange={mayChange} />
          {mayChange && (
            <div className="flex flex-wrap gap-2">
              {ramp.state === 'running' ? (
                <Button icon={Pause} busy={changing.busy} onClick={() => act('pause')}>
                  Pause: I take over
                </Button>
              ) : (
                <Button icon={Play} busy={changing.busy} onClick={() => act('start')}>
                  {ramp.state === 'ready' ? 'Start' : 'Go on'} at {percent(ramp.stages[ramp.at]?.share ?? 0)}
                </Button>
              )}
              <Button icon={Trash2} look="ghost" busy={changing.busy} onClick={() => act('remove')}>
                Remove the ramp
              </Button>
            </div>
          )}
        </div>
      )}
    </Panel>
  )
}

function Standing({ view: { check }, ramp }: { view: FlagView; ramp: Ramp }) {
  return (
    <div className="grid gap-1">
      {ramp.since && ramp.state === 'running' && (
        <p>
          At {percent(ramp.stages[ramp.at]?.share ?? 0)} since <RelativeTime at={new Date(ramp.since)} />.
        </p>
      )}
      {ramp.because && <p className="wrap-anywhere">{sentence(ramp)}</p>}
      {check && ramp.state === 'running' && (
        <p className="text-muted">
          Last looked at <RelativeTime at={check.at} />: {check.verdict}. {check.reason}
        </p>
      )}
    </div>
  )
}

const sentence = ({ state, because }: Ramp) =>
  state === 'running' ? `It went on: ${because}` : `${state[0]?.toUpperCase()}${state.slice(1)}: ${because}`

function Stages({ view, ramp, mayChange }: { view: FlagView; ramp: Ramp; mayChange: boolean }) {
  const changing = useChange()
  const { draft, dirty, from, set, reset } = useDraft({ stages: ramp.stages }, view.revision)
  const change = (at: number, part: Partial<Stage>) =>
    set({ stages: draft.stages.map((stage, i) => (i === at ? { ...stage, ...part } : stage)) })
  const last = draft.stages.at(-1)
  const add = () =>
    set({ stages: [...draft.stages, { share: Math.min(10_000, (last?.share ?? 0) * 2), hours: last?.hours ?? 24 }] })
  const save = (why: string) => {
    const at = Math.min(ramp.at, draft.stages.length - 1)
    changing.ask({ intent: 'save', from, why, patch: toPatch({ ramp: { ...ramp, at, stages: draft.stages } }) })
  }
  return (
    <fieldset disabled={!mayChange} className="grid min-w-0 gap-3">
      <ol className="grid gap-1.5">
        {draft.stages.map((stage, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a stage is its place on the way
          <li key={at} className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span
              className={classes(
                'grid size-6 place-items-center rounded-sm text-sm',
                at === ramp.at ? 'bg-canary-soft font-semibold text-canary' : 'bg-sunken text-muted',
              )}
            >
              {at + 1}
            </span>
            <Input
              type="number"
              aria-label={`Share of stage ${at + 1} in percent`}
              min="0.01"
              max="100"
              step="0.01"
              className="!w-24"
              value={stage.share / 100}
              onChange={event => change(at, { share: Math.round(Number(event.target.value) * 100) })}
            />
            <span>% for at least</span>
            <Input
              type="number"
              aria-label={`Hours of stage ${at + 1}`}
              min="0"
              step="any"
              className="!w-20"
              value={stage.hours}
              onChange={event => change(at, { hours: Number(event.target.value) })}
            />
            <span>hours</span>
            {at === ramp.at && <Badge tone="canary">it is here</Badge>}
            {draft.stages.length > 1 && (
              <IconButton
                icon={Trash2}
                size="sm"
                label={`Remove stage ${at + 1}`}
                onClick={() => set({ stages: draft.stages.filter((_, i) => i !== at) })}
              />
            )}
          </li>
        ))}
      </ol>
      {faultAt(changing, 'ramp') && (
        <p role="alert" className="text-bad text-sm">
          The stages {faultAt(changing, 'ramp')}.
        </p>
      )}
      <div>
        <Button size="sm" icon={Plus} onClick={add}>
          Add a stage
        </Button>
      </div>
      {mayChange && <SaveBar changing={changing} dirty={dirty} onSave={save} onReset={reset} />}
    </fieldset>
  )
}
