import { Trash2 } from 'lucide-react'
import { Button } from '../../components/button.tsx'
import { Dialog, DialogClose } from '../../components/dialog.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { FlagView } from './read-flag.server.ts'
import { useChange } from './use-save.ts'

/** Removing a flag, by its consequence. */
export function FlagMenu({ view }: { view: FlagView }) {
  const { ask, busy, answer } = useChange()
  const says =
    view.flag?.kind === 'workflow'
      ? 'Everyone gets the first version of the workflow again, as its control. It can be brought back, with its history.'
      : 'Applications that ask for it get the default in their code. It can be brought back, with its history.'
  return (
    <Dialog
      title={`Remove ${view.key}?`}
      description={says}
      trigger={
        <Button icon={Trash2} look="ghost">
          Remove
        </Button>
      }
      actions={
        <>
          <DialogClose>
            <Button look="ghost">Keep it</Button>
          </DialogClose>
          <Button look="danger" busy={busy} onClick={() => ask({ intent: 'remove', from: view.revision, why: '' })}>
            Remove
          </Button>
        </>
      }
    >
      {answer && !answer.ok && !busy && <ErrorState title="Not removed">{answer.message}</ErrorState>}
    </Dialog>
  )
}
