import type { Flag } from '../../../db/domain/flags/flag.ts'
import { CodeBlock } from '../../components/code-block.tsx'
import { Panel } from '../../components/page.tsx'
import { Tabs } from '../../components/tabs.tsx'
import type { FlagView } from './read-flag.server.ts'
import { snippets } from './snippets.ts'

/** How an application asks for the flag. */
export function UseIt({ view, flag }: { view: FlagView; flag: Flag }) {
  return (
    <Panel title="Use it" flush>
      <Tabs
        label="Clients"
        panelClassName="p-4"
        tabs={snippets(flag, view.endpoints.api).map(({ id, label, lead, steps }) => ({
          id,
          label,
          content: (
            <div className="grid gap-3">
              <p className="text-muted">{lead}</p>
              {steps.map(step => (
                <CodeBlock key={step.label} label={step.label} text={step.text} />
              ))}
            </div>
          ),
        }))}
      />
    </Panel>
  )
}
