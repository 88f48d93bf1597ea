import { Undo2 } from 'lucide-react'
import { type Change, diff, isEqual } from '../../../db/domain/flags/diff.ts'
import { valueWords } from '../../../db/domain/flags/words.ts'
import { usualChoice } from '../../../db/domain/guardrails.ts'
import type { FlagChange } from '../../../db/flag-history.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { OlderLink } from '../../components/older-link.tsx'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { FlagView } from './read-flag.server.ts'
import { useChange } from './use-save.ts'

/** Every change of the flag: who, when, why, what; each can be taken back by one press. */
export function History({ view, mayChange }: { view: FlagView; mayChange: boolean }) {
  const { ask, busy, answer } = useChange()
  const { changes, revision } = view
  return (
    <Panel title="History" flush>
      {answer && !answer.ok && !busy && (
        <div className="p-4">
          <ErrorState title="Not reverted">{answer.message}</ErrorState>
        </div>
      )}
      <ol className="mt-1">
        {changes.rows.map(change => (
          <li key={change.version} className="grid gap-1 border-line/60 border-t px-4 py-2.5">
            <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <Badge>{change.revision}</Badge>
              <span className="font-medium">{authorOf(change)}</span>
              <span>{verb(change)}</span>
              <RelativeTime at={change.at} className="text-muted text-sm" />
              {mayChange && (
                <Button
                  size="sm"
                  look="ghost"
                  icon={Undo2}
                  className="ml-auto"
                  busy={busy}
                  aria-label={`Revert revision ${change.revision}`}
                  onClick={() => ask({ intent: 'revert', from: revision, version: change.version })}
                >
                  Revert
                </Button>
              )}
            </div>
            {change.why && <p className="wrap-anywhere">“{change.why}”</p>}
            <Diff change={change} />
            {change.numbers && (
              <details>
                <summary className="text-muted text-sm">By these numbers</summary>
                <pre className="overflow-auto whitespace-pre-wrap wrap-anywhere text-sm">
                  {JSON.stringify(change.numbers, null, 2)}
                </pre>
              </details>
            )}
          </li>
        ))}
      </ol>
      <OlderLink next={changes.next} what="changes" />
    </Panel>
  )
}

const authorOf = ({ madeBy, who }: FlagChange) => (madeBy === 'ramp' ? 'The ramp' : (who ?? 'Somebody'))

function verb({ before, after }: FlagChange) {
  if (before === null) return 'created it'
  return after === null ? 'removed it' : 'changed it'
}

const bookkeeping = /^(since|ramp\.since)$/

function Diff({ change: { before, after } }: { change: FlagChange }) {
  if (before === null || after === null) return null
  const changes = diff(before, after).filter(change => !bookkeeping.test(change.path) && !isNewField(change))
  return (
    <dl className="grid gap-x-3 gap-y-1 text-sm sm:grid-cols-[minmax(6rem,auto)_1fr]">
      {changes.map(change => (
        <Line key={change.path} change={change} />
      ))}
    </dl>
  )
}

/** What a flag of an earlier release did not say, and meant. */
const isNewField = ({ path, from, to }: Change) =>
  path === 'guardrails' && from === undefined && isEqual(to, usualChoice)

function Line({ change: { path, from, to } }: { change: Change }) {
  return (
    <>
      <dt className="break-all text-muted">{path}</dt>
      <dd className="min-w-0 wrap-anywhere">
        {from === undefined ? (
          <span className="text-muted">not set</span>
        ) : (
          <del className="rounded-sm bg-bad-soft px-1 text-bad decoration-bad/50">{valueWords(path, from)}</del>
        )}
        <span className="px-1.5 text-muted">→</span>
        {to === undefined ? (
          <span className="text-muted">not set</span>
        ) : (
          <ins className="rounded-sm bg-good-soft px-1 text-good no-underline">{valueWords(path, to)}</ins>
        )}
      </dd>
    </>
  )
}
