import { Form, useNavigation } from '@remix-run/react'
import { Save } from 'lucide-react'
import type { BacktestResult, Backtest as Tried } from '../../../db/backtests.ts'
import { metricById } from '../../../db/domain/metrics.ts'
import { Button } from '../../components/button.tsx'
import { share } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { Day } from '../../components/relative-time.tsx'
import { ErrorState } from '../../components/states.tsx'
import { TimeChart } from '../../components/time-chart.tsx'
import { SeverityBadge } from '../incident/badges.tsx'

/** What the rule would have done, or how far the trying is. */
export function Backtest({
  backtest,
  revision,
  mayChange,
}: {
  backtest: Tried
  revision?: number
  mayChange: boolean
}) {
  const { status, result, error } = backtest
  const busy = useNavigation().formData?.get('intent') === 'save'
  return (
    <Panel title="On this project’s history" className="scroll-mt-4">
      <div id="backtest" className="grid gap-3">
        {(status === 'queued' || status === 'running') && <Progress done={backtest.done} total={backtest.total} />}
        {status === 'failed' && (
          <ErrorState title={`It could not be tried: ${error}`}>You can save the rule all the same.</ErrorState>
        )}
        {result && <Result result={result} tried={backtest} />}
        {(status === 'done' || status === 'failed') && mayChange && (
          <Form method="post">
            <input type="hidden" name="intent" value="save" />
            <input type="hidden" name="backtest" value={backtest.id} />
            <input type="hidden" name="revision" value={revision ?? 0} />
            <Button type="submit" look="primary" icon={Save} busy={busy}>
              Save this rule
            </Button>
          </Form>
        )}
      </div>
    </Panel>
  )
}

function Progress({ done, total }: { done: number; total: number }) {
  return (
    <div className="grid gap-1">
      <p role="status">{total === 0 ? 'Waiting for the alert worker …' : `Looked ${done} of ${total} times …`}</p>
      <progress
        className="h-1.5 w-full accent-[var(--accent)]"
        aria-label="Progress of the backtest"
        value={total === 0 ? undefined : done}
        max={total || undefined}
      />
      <p className="text-muted text-sm">You may leave this page: it goes on, and its address keeps the result.</p>
    </div>
  )
}

function Result({ result, tried }: { result: BacktestResult; tried: Tried }) {
  const alarms = result.scopes.flatMap(({ scope, alarms }) => alarms.map(alarm => ({ scope, ...alarm })))
  return (
    <>
      <p className="text-lg">
        <strong>{result.alarmsPerMonth.toFixed(1)}</strong> alarms a month
        <span className="text-muted">
          , {alarms.length} in all from <Day at={result.from} /> to <Day at={result.to} />
        </span>
      </p>
      {alarms.length > 0 && (
        <ul className="grid gap-1">
          {alarms.map(({ scope, from, to, severity, relative }) => (
            <li key={`${scope} ${from}`} className="flex flex-wrap items-baseline gap-2">
              <SeverityBadge severity={severity} />
              {scope && <span className="font-medium">{scope}</span>}
              <span>
                {relative > 0 ? 'up' : 'down'} {share(Math.abs(relative))} from <Day at={from} />{' '}
                {to ? (
                  <>
                    to <Day at={to} />
                  </>
                ) : (
                  'on, still firing'
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      {result.scopes.map(one => (
        <Course key={one.scope} scope={one} tried={tried} />
      ))}
    </>
  )
}

/** The value at each look, with the stretches in which it would have fired. */
function Course({ scope: { scope, looks, alarms }, tried }: { scope: BacktestResult['scopes'][number]; tried: Tried }) {
  const { metric, everyHours } = tried.rule
  const { label, unit } = metricById(metric)
  const last = Date.parse(looks.at(-1)?.at ?? '') || 0
  const marks = alarms.map(({ from, to }) => ({
    at: Date.parse(from),
    to: to ? Date.parse(to) : last,
    label: 'fires',
    colour: 'bad' as const,
  }))
  const points = looks.map(({ at, value }) => ({ at: Date.parse(at), value }))
  return (
    <div>
      {scope && <h3 className="font-medium">{scope}</h3>}
      <TimeChart
        label={`${label} at each look${scope ? ` on ${scope}` : ''}, with the alarms`}
        unit={unit}
        series={[{ key: 'value', label: `${label}, in the window up to then`, colour: '2' }]}
        points={points}
        bucketSeconds={everyHours * 3600}
        marks={marks}
        empty="There was never enough data for a value."
      />
    </div>
  )
}
