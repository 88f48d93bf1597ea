import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog, DialogClose } from './dialog.tsx'

type Props = {
  title: string
  /** What is lost by it. */
  description: string
  trigger: ReactNode
  /** What the button says that does it. */
  verb: string
  onConfirm: () => void
}

/** Asks before something is done that nothing brings back. */
export function ConfirmDialog({ title, description, trigger, verb, onConfirm }: Props) {
  return (
    <Dialog
      title={title}
      description={description}
      trigger={trigger}
      actions={
        <>
          <DialogClose>
            <Button look="ghost">Keep it</Button>
          </DialogClose>
          <DialogClose>
            <Button look="danger" onClick={onConfirm}>
              {verb}
            </Button>
          </DialogClose>
        </>
      }
    />
  )
}
