import { Dialog } from '../components/dialog.tsx'
import { KeyHint } from '../components/key-hint.tsx'
import { nav } from './nav.ts'

type Shortcut = { keys: string[]; does: string }

const groups: { title: string; shortcuts: Shortcut[] }[] = [
  {
    title: 'Everywhere',
    shortcuts: [
      { keys: ['Ctrl K'], does: 'Go to a page, trace, run or flag' },
      { keys: ['?'], does: 'These shortcuts' },
      { keys: ['Esc'], does: 'Close what is open' },
    ],
  },
  { title: 'Go to', shortcuts: nav.map(({ keys, label }) => ({ keys: [`g ${keys}`], does: label })) },
  {
    title: 'Lists',
    shortcuts: [
      { keys: ['j', 'k'], does: 'Next, previous' },
      { keys: ['Enter'], does: 'Open' },
      { keys: ['Space'], does: 'Show beside the list (traces)' },
      { keys: ['/'], does: 'Search (traces)' },
    ],
  },
  {
    title: 'A trace',
    shortcuts: [
      { keys: ['j', 'k'], does: 'Next, previous span' },
      { keys: ['l', 'h'], does: 'Open, close a span' },
    ],
  },
  {
    title: 'Inbox',
    shortcuts: [
      { keys: ['e'], does: 'Done' },
      { keys: ['u'], does: 'Open again' },
      { keys: ['o'], does: 'Open the trace' },
    ],
  },
]

/** What keys do, for whoever presses `?`. */
export function ShortcutsHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" open onOpenChange={open => open || onClose()} wide>
      <div className="gap-x-8 sm:columns-2">
        {groups.map(({ title, shortcuts }) => (
          <section key={title} className="mb-4 break-inside-avoid">
            <h3 className="mb-1 text-muted text-xs">{title}</h3>
            <dl>
              {shortcuts.map(({ keys, does }) => (
                <div key={does} className="flex items-center justify-between gap-3 py-0.5">
                  <dt>{does}</dt>
                  <dd className="flex shrink-0 gap-1.5">
                    {keys.map(key => (
                      <KeyHint key={key} keys={key} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
