import { useFetcher } from '@remix-run/react'
import type { RedactionRules } from '../../../db/domain/redaction/rules.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Input, Textarea } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'
import type { action } from './route.tsx'

/** What would be stored of a text by the rules as they are on screen. */
export function TryRules({ rules }: { rules: RedactionRules }) {
  const fetcher = useFetcher<typeof action>()
  const { errors = {}, stored } = fetcher.data ?? {}
  const wrong = errors.form ?? Object.entries(errors).find(([field]) => field !== 'text' && field !== 'attribute')?.[1]
  return (
    <Panel title="Try it" lead="By the rules as they are above, saved or not. Nothing of it is kept.">
      <fetcher.Form method="post" noValidate className="grid gap-3">
        <input type="hidden" name="rules" value={JSON.stringify(rules)} />
        <Field label="Text or JSON" error={errors.text}>
          <Textarea name="text" rows={4} spellCheck={false} placeholder="I am ada@example.com" className="font-mono" />
        </Field>
        <div className="grid items-start gap-3 sm:grid-cols-2">
          <Field label="As the attribute" optional error={errors.attribute}>
            <Input name="attribute" spellCheck={false} placeholder="user.email" className="font-mono" />
          </Field>
        </div>
        <div>
          <Button type="submit" name="intent" value="try" busy={fetcher.state !== 'idle'}>
            See what is stored
          </Button>
        </div>
      </fetcher.Form>
      <div role="status" className="mt-3 empty:hidden">
        {wrong && <p className="text-bad text-sm">{wrong}</p>}
        {stored !== undefined && (
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls must be reachable from the keyboard
            tabIndex={0}
            className="max-h-72 overflow-y-auto whitespace-pre-wrap break-all rounded-md border border-line px-3 py-2 text-sm"
          >
            {stored === '' ? 'nothing' : stored}
          </pre>
        )}
      </div>
    </Panel>
  )
}
