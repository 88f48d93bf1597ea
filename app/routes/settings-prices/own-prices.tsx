import { useFetcher } from '@remix-run/react'
import { minute } from '../../../db/domain/moment.ts'
import type { OwnPrice } from '../../../db/own-prices.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Dialog, DialogClose } from '../../components/dialog.tsx'
import { FigureTable } from '../../components/figure-table.tsx'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { action } from './route.tsx'
import { perMillion } from './shown.ts'

/** The prices that this project gave, each a version of its own that spans name. */
export function OwnPrices({ prices, mayChange }: { prices: OwnPrice[]; mayChange: boolean }) {
  if (prices.length === 0) return null
  return (
    <Panel title="Your prices" lead="The newest that holds for a call is its price; each span names the version." flush>
      <FigureTable label="Your prices" heads={['Model', 'Input', 'Output', 'Holds', 'Set', 'Version', '']}>
        {prices.map(price => (
          <Row key={price.version} price={price} mayChange={mayChange} />
        ))}
      </FigureTable>
    </Panel>
  )
}

const ways: Record<string, string> = { starts_with: 'begins with', contains: 'contains' }

function Row({ price, mayChange }: { price: OwnPrice; mayChange: boolean }) {
  const { version, provider, model, pattern, validFrom, validTo, withdrawnAt, createdAt, createdBy } = price
  const [how] = Object.keys(pattern)
  return (
    <tr>
      <th scope="row">
        <span className="block max-w-64 break-all font-mono">{model}</span>
        <span className="font-normal text-muted">
          {provider || 'any provider'}
          {how !== undefined && how !== 'equals' && `, any name that ${ways[how] ?? how} this`}
        </span>
      </th>
      <td>{perMillion(price.input)}</td>
      <td>{perMillion(price.output)}</td>
      <td>
        {withdrawnAt ? (
          <Badge>taken back</Badge>
        ) : (
          <>
            <span className="block">{validFrom ? `from ${minute(validFrom)}` : 'since ever'}</span>
            {validTo && <span className="block text-muted">to {minute(validTo)}</span>}
          </>
        )}
      </td>
      <td>
        <RelativeTime at={createdAt} className="block" />
        <span className="text-muted">{createdBy ?? 'somebody who left'}</span>
      </td>
      <td className="font-mono">{version}</td>
      <td>{mayChange && !withdrawnAt && <Ending version={version} model={model} open={!validTo} />}</td>
    </tr>
  )
}

function Ending({ version, model, open }: { version: string; model: string; open: boolean }) {
  const fetcher = useFetcher<typeof action>()
  const submit = (intent: string) => fetcher.submit({ intent, version }, { method: 'post', action: '?' })
  return (
    <Dialog
      title={`End the price of ${model}?`}
      description="Ended, it holds for calls up to now. Taken back, it counts as if it had never been set. Costs that were computed stay until they are computed again."
      trigger={
        <Button size="sm" look="ghost" aria-label={`End the price ${version} of ${model}`}>
          End
        </Button>
      }
      actions={
        <>
          <DialogClose>
            <Button look="ghost">Keep it</Button>
          </DialogClose>
          <Button look="danger" busy={fetcher.state !== 'idle'} onClick={() => submit('withdraw')}>
            Take back
          </Button>
          {open && (
            <Button look="primary" busy={fetcher.state !== 'idle'} onClick={() => submit('end')}>
              End now
            </Button>
          )}
        </>
      }
    >
      {fetcher.data?.errors?.form && <p className="text-bad">{fetcher.data.errors.form}</p>}
    </Dialog>
  )
}
