import { Badge } from '../../components/badge.tsx'
import { Panel } from '../../components/page.tsx'
import { ShareBar } from '../../components/share-bar.tsx'
import { MarkBadge } from '../flags/mark-badge.tsx'
import { EffectLine } from './effect.tsx'
import type { FlagView } from './read-flag.server.ts'
import { Switch } from './switch.tsx'

/** The switch, where its last change is in effect, and what one must mind. */
export function FlagHead({ view, mayChange }: { view: FlagView; mayChange: boolean }) {
  const { flag, aiOff, marks, projectId, key } = view
  if (!flag) return null
  return (
    <Panel>
      <div className="grid gap-3">
        {aiOff && flag.kind === 'workflow' && (
          <p className="rounded-md bg-deterministic-soft px-3 py-2 text-deterministic">
            AI is switched off for {aiOff.scope === 'project' ? 'this project' : 'the whole installation'}: this flag
            serves <strong>off</strong>, whatever its switch says.
          </p>
        )}
        <Switch view={view} mayChange={mayChange} />
        {flag.kind === 'workflow' && flag.state === 'canary' && <ShareBar share={flag.share} className="h-2 w-full" />}
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <EffectLine
            key={view.version}
            at={`/p/${projectId}/flags/${encodeURIComponent(key)}/effect`}
            first={view.effect}
            changedAt={view.changedAt}
          />
          <span className="flex flex-wrap gap-1.5 sm:ml-auto">
            {marks.map(mark => (
              <MarkBadge key={mark.kind} mark={mark} />
            ))}
            {flag.public && <Badge>public</Badge>}
            <Badge>{flag.kind === 'workflow' ? 'workflow' : flag.type}</Badge>
          </span>
        </div>
      </div>
    </Panel>
  )
}
