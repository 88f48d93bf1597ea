import { CheckCheck } from 'lucide-react'
import { isEqual } from '../../../db/domain/flags/diff.ts'
import type { WorkflowFlag } from '../../../db/domain/flags/flag.ts'
import { Button } from '../../components/button.tsx'
import { Dialog, DialogClose } from '../../components/dialog.tsx'
import { Panel } from '../../components/page.tsx'
import { ArmEditor } from './arm-editor.tsx'
import type { FlagView } from './read-flag.server.ts'
import { SaveBar } from './save-bar.tsx'
import { toPatch, useChange, useDraft } from './use-save.ts'

/** What the control and the canary run, side by side. */
export function Arms({ view, flag, mayChange }: { view: FlagView; flag: WorkflowFlag; mayChange: boolean }) {
  const changing = useChange()
  const { draft, dirty, from, set, reset } = useDraft({ control: flag.control, canary: flag.canary }, view.revision)
  const save = (why: string) => changing.ask({ intent: 'save', from, why, patch: toPatch(draft) })
  const same = isEqual(draft.canary, {}) || isEqual(draft.canary, draft.control)
  return (
    <Panel
      title="What the arms run"
      lead="What an arm does not set, the workflow itself says; what the canary does not set, the control says."
      actions={mayChange && flag.state === 'canary' && <Adopt view={view} />}
    >
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-4">
        {view.workers.count === 0 && (
          <p className="text-muted">No worker is alive, so versions and parameters are not checked when you save.</p>
        )}
        <div className="grid gap-4 lg:grid-cols-2">
          {(['control', 'canary'] as const).map(arm => (
            <ArmEditor
              key={arm}
              arm={arm}
              spec={draft[arm]}
              inherited={arm === 'canary' ? draft.control : {}}
              versions={view.workers.versions}
              changing={changing}
              onChange={spec => set({ [arm]: spec })}
            />
          ))}
        </div>
        {flag.state === 'canary' && same && (
          <p className="text-warn">The canary runs the same as the control: there is nothing to compare.</p>
        )}
        {mayChange && <SaveBar changing={changing} dirty={dirty} onSave={save} onReset={reset} />}
      </fieldset>
    </Panel>
  )
}

/** The canary proved good. */
function Adopt({ view }: { view: FlagView }) {
  const { ask, busy, answer } = useChange()
  return (
    <Dialog
      title="Make the canary the control?"
      description="What the canary runs becomes the control, for everyone, and the comparison ends. It can be reverted."
      trigger={
        <Button size="sm" icon={CheckCheck}>
          Make it the control
        </Button>
      }
      actions={
        <>
          <DialogClose>
            <Button look="ghost">Not yet</Button>
          </DialogClose>
          <Button
            look="primary"
            busy={busy}
            onClick={() => ask({ intent: 'adopt', from: view.revision, why: 'The canary proved good' })}
          >
            Make it the control
          </Button>
        </>
      }
    >
      {answer && !answer.ok && <p className="text-bad">{answer.message}</p>}
    </Dialog>
  )
}
