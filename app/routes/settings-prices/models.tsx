import { CircleHelp, Coins } from 'lucide-react'
import type { ModelUsage } from '../../../db/model-usage.ts'
import { Badge } from '../../components/badge.tsx'
import { FigureTable } from '../../components/figure-table.tsx'
import { count, nanoUsd, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'
import { PriceForm } from './price-form.tsx'
import { perMillion, type Shown, sourceOf } from './shown.ts'

type Priced = ModelUsage & { price: Shown | null }

/** Which models this project called of late, what they cost, and which have no price. */
export function Models({ models, mayChange }: { models: Priced[]; mayChange: boolean }) {
  const unknown = models.filter(model => model.unknown > 0).length
  return (
    <Panel
      title="Models in use"
      lead={
        unknown > 0
          ? `Called in the last 30 days. ${unknown} ${unknown === 1 ? 'has' : 'have'} calls of unknown cost, which no sum counts.`
          : 'Called in the last 30 days. Dollars for a million tokens.'
      }
      actions={mayChange && <PriceForm />}
      flush
    >
      {models.length === 0 ? (
        <EmptyState icon={Coins} title="No calls yet">
          Calls of models with their tokens appear here, with the price they are counted at.
        </EmptyState>
      ) : (
        <FigureTable label="Models in use" heads={['Model', 'Calls', 'Tokens', 'Cost', 'Input', 'Output', 'Price', '']}>
          {models.map(model => (
            <Model key={`${model.provider}/${model.model}`} model={model} mayChange={mayChange} />
          ))}
        </FigureTable>
      )}
    </Panel>
  )
}

function Model({ model: used, mayChange }: { model: Priced; mayChange: boolean }) {
  const { provider, model, calls, unknown, given, inputTokens, outputTokens, costNanoUsd, price } = used
  return (
    <tr>
      <th scope="row">
        <span className="block max-w-64 break-all font-mono">{model || 'a model without a name'}</span>
        <span className="font-normal text-muted">{provider || 'no provider'}</span>
      </th>
      <td>{whole(calls)}</td>
      <td title={`${whole(inputTokens)} in, ${whole(outputTokens)} out`}>{count(inputTokens + outputTokens)}</td>
      <td>
        {unknown === calls ? 'unknown' : nanoUsd(costNanoUsd)}
        {unknown > 0 && unknown < calls && (
          <span className="block text-muted">
            and {whole(unknown)} {unknown === 1 ? 'call' : 'calls'} unknown
          </span>
        )}
      </td>
      <td>{price ? perMillion(price.input) : '–'}</td>
      <td>{price ? perMillion(price.output) : '–'}</td>
      <td>
        {given === calls ? (
          <Badge>given by the client</Badge>
        ) : price ? (
          <Badge tone={price.version.startsWith('own@') ? 'accent' : 'neutral'} title={price.version}>
            {sourceOf(price.version)}
          </Badge>
        ) : (
          <Badge tone="warn" icon={CircleHelp}>
            unknown
          </Badge>
        )}
      </td>
      <td>{mayChange && model && <PriceForm provider={provider} model={model} isKnown={price !== null} />}</td>
    </tr>
  )
}
