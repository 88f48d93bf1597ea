import { useSearchParams } from '@remix-run/react'
import { percent } from '../../../db/domain/flags/words.ts'
import { forecast } from '../../../db/domain/guardrail-words.ts'
import { type GuardrailId, guardrailById } from '../../../db/domain/guardrails.ts'
import { FigureTable } from '../../components/figure-table.tsx'
import { quantity, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'
import { EmptyState } from '../../components/states.tsx'
import type { SightView } from '../flag-comparison/read-sight.server.ts'

const shares = [100, 500, 1000, 2500, 5000]

/** Before a canary: what it can and cannot see at this traffic. */
export function SightPanel({ sight }: { sight: SightView }) {
  const [, setParams] = useSearchParams()
  const { share, days, usersADay, comparedADay, guardrails } = sight
  const options = [...new Set([...shares, share])].sort((a, b) => a - b)
  const choose = (value: string) =>
    setParams(
      now => {
        now.set('share', value)
        return now
      },
      { replace: true, preventScrollReset: true },
    )
  return (
    <Panel
      title="What a canary would see"
      lead={`Simulated with the rule that will judge it, over ${days} days of the traffic of the last two weeks.`}
      actions={
        <Select
          label="Share of the canary"
          size="sm"
          value={String(share)}
          options={options.map(value => ({ value: String(value), label: `at ${percent(value)}` }))}
          onChange={choose}
          className="w-28"
        />
      }
      flush
    >
      {usersADay === 0 ? (
        <EmptyState title="No traffic to go by">
          Nobody used this workflow in the last two weeks, so it cannot be told what a canary would see. It can be
          started all the same: press Canary above.
        </EmptyState>
      ) : (
        <>
          <p className="px-4 pb-2">{inShort(sight)}</p>
          <FigureTable
            label="What a canary would see"
            heads={['Guardrail', 'Usual', 'Stopped half the time', 'Stopped 4 times in 5', 'A harmless one is safe']}
          >
            {guardrails.map(({ id, usual, sight }) => {
              const { label, unit } = guardrailById(id as GuardrailId)
              return (
                <tr key={id}>
                  <th scope="row">{label}</th>
                  <td>{usual === null ? 'no data' : quantity(usual, unit)}</td>
                  <td>{sight ? harm(sight.half) : 'cannot tell'}</td>
                  <td>{sight ? harm(sight.likely) : 'cannot tell'}</td>
                  <td>{sight ? after(sight.safeAfterDays) : 'cannot tell'}</td>
                </tr>
              )
            })}
          </FigureTable>
          <p className="px-4 py-2 text-muted text-sm">
            About {whole(comparedADay)} of {whole(usersADay)} users a day are compared. A guardrail without data, such
            as feedback that nobody gives, keeps a ramp from going on.
          </p>
        </>
      )}
    </Panel>
  )
}

function inShort({ share, days, guardrails, comparedADay }: SightView): string {
  const blind = guardrails.filter(({ sight }) => !sight || sight.half === null || sight.half > 1)
  const names = (ids: { id: string }[]) =>
    ids.map(({ id }) => guardrailById(id as GuardrailId).label.toLowerCase()).join(', ')
  const few = `A canary at ${percent(share)} is compared on ${forecast(Math.max(1, Math.round(comparedADay * days)))} users in ${days} days.`
  if (share === 10_000) return 'A canary at 100 % has no control beside it: only fuses look on.'
  if (blind.length === 0) return `${few} It stops one that is twice as bad on any guardrail more often than not.`
  if (blind.length === guardrails.length)
    return `${few} It will miss even a doubling of any guardrail half of the time.`
  return `${few} It stops most that are twice as bad, but would miss a doubling of: ${names(blind)}.`
}

const harm = (worse: number | null) =>
  worse === null ? 'not even 5 times as bad' : `from +${Math.round(worse * 100)} %`

function after(days: number | null): string {
  if (days === null) return 'not in sight'
  if (days > 999) return 'after years'
  const up = Math.max(1, Math.ceil(days))
  return `after ${up} ${up === 1 ? 'day' : 'days'}`
}
