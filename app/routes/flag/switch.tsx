import { Flag as FlagIcon, type LucideIcon, Power, PowerOff, Split } from 'lucide-react'
import { useState } from 'react'
import { percent } from '../../../db/domain/flags/words.ts'
import { classes } from '../../components/classes.ts'
import type { FlagView } from './read-flag.server.ts'
import { SwitchDialog } from './switch-dialog.tsx'

type Position = { state: string; label: string; says: string; icon: LucideIcon; on: string }

/** The big switch: three positions for a workflow, two for a value. A press asks first, by what would follow. */
export function Switch({ view, mayChange }: { view: FlagView; mayChange: boolean }) {
  const [asked, setAsked] = useState<string>()
  const { flag } = view
  if (!flag) return null
  return (
    <>
      <fieldset className="min-w-0" disabled={!mayChange}>
        <legend className="sr-only">What the flag serves</legend>
        <div className={classes('grid gap-2', flag.kind === 'workflow' ? 'sm:grid-cols-3' : 'sm:grid-cols-2')}>
          {positions(flag).map(({ state, label, says, icon: Icon, on }) => {
            const isOn = flag.state === state
            return (
              <button
                key={state}
                type="button"
                aria-pressed={isOn}
                onClick={() => setAsked(state)}
                className={classes(
                  'flex min-h-16 items-center gap-3 rounded-md border-2 px-4 py-2 text-left disabled:cursor-not-allowed',
                  isOn
                    ? on
                    : 'border-line bg-surface text-muted enabled:hover:border-line-strong enabled:hover:bg-hover',
                )}
              >
                <Icon size={22} aria-hidden className="shrink-0" />
                <span className="min-w-0">
                  <span className="block font-semibold text-lg">{label}</span>
                  <span className={classes('block text-sm', isOn ? 'text-ink' : 'text-muted')}>{says}</span>
                </span>
              </button>
            )
          })}
        </div>
      </fieldset>
      {asked && <SwitchDialog view={view} to={asked} onClose={() => setAsked(undefined)} />}
    </>
  )
}

function positions(flag: NonNullable<FlagView['flag']>): Position[] {
  if (flag.kind === 'value')
    return [
      {
        state: 'off',
        label: 'Off',
        says: `Everyone gets ${flag.offVariant}`,
        icon: PowerOff,
        on: 'border-control bg-control-soft text-control',
      },
      {
        state: 'on',
        label: 'On',
        says: 'By its rules and variants',
        icon: Power,
        on: 'border-accent bg-accent-soft text-accent-strong',
      },
    ]
  return [
    {
      state: 'off',
      label: 'Off',
      says: 'AI disabled: the deterministic path serves',
      icon: PowerOff,
      on: 'border-deterministic bg-deterministic-soft text-deterministic',
    },
    {
      state: 'control',
      label: 'Control',
      says: 'Everyone gets the control',
      icon: FlagIcon,
      on: 'border-control bg-control-soft text-control',
    },
    {
      state: 'canary',
      label: flag.state === 'canary' ? `Canary at ${percent(flag.share)}` : 'Canary',
      says: 'A share of the users gets the canary',
      icon: Split,
      on: 'border-canary bg-canary-soft text-canary',
    },
  ]
}
