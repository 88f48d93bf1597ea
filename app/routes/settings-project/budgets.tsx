import { Form } from '@remix-run/react'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { FigureTable } from '../../components/figure-table.tsx'
import { nanoUsd } from '../../components/format.ts'
import { Input } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'

type Amounts = { spentNanoUsd: number; reservedNanoUsd: number }
type Shown = {
  projectUsd: number | null
  userUsd: number | null
  today: { project: Amounts; users: ({ userId: string } & Amounts)[] }
}
type Props = {
  budgets: Shown
  mayChange: boolean
  errors?: Record<string, string>
  saved: boolean
  busy: boolean
}

/** What runs may spend on models in a day, and what of it is gone. */
export function Budgets({ budgets, mayChange, errors, saved, busy }: Props) {
  const { projectUsd, userUsd } = budgets
  return (
    <Panel
      title="Budgets"
      lead="What runs may spend on models in a UTC day. A call that could cost more than is left is not sent: its run is served without a model. Changes hold from the next run on."
      flush
    >
      <Form method="post" noValidate className="grid gap-3 px-4 pb-4">
        <fieldset disabled={!mayChange} className="grid items-start gap-4 sm:grid-cols-2">
          <Amount
            name="budgetUsdPerDay"
            label="All runs, US dollars a day"
            hint="Empty is no budget. Too little for one long answer is too little for any call."
            value={projectUsd}
            error={errors?.budgetUsdPerDay}
          />
          <Amount
            name="userBudgetUsdPerDay"
            label="One user’s runs, US dollars a day"
            hint="By the user_id of a run. Empty is no budget."
            value={userUsd}
            error={errors?.userBudgetUsdPerDay}
          />
        </fieldset>
        <div className="flex items-center gap-3">
          {mayChange && (
            <Button type="submit" name="intent" value="budgets" look="primary" busy={busy}>
              Save budgets
            </Button>
          )}
          <span role="status" className="text-muted">
            {!mayChange && 'Only an owner or admin may change these.'}
            {saved && 'Budgets saved.'}
          </span>
        </div>
      </Form>
      <Today budgets={budgets} />
    </Panel>
  )
}

type AmountProps = { name: string; label: string; hint: string; value: number | null; error?: string }

const Amount = ({ name, label, hint, value, error }: AmountProps) => (
  <Field label={label} hint={hint} error={error}>
    <Input name={name} inputMode="decimal" placeholder="no budget" autoComplete="off" defaultValue={value ?? ''} />
  </Field>
)

function Today({ budgets: { projectUsd, userUsd, today } }: { budgets: Shown }) {
  const { project, users } = today
  if (projectUsd === null && userUsd === null && project.spentNanoUsd + project.reservedNanoUsd === 0)
    return <p className="px-4 pb-4 text-muted">Nothing is counted while there is no budget.</p>
  return (
    <>
      <FigureTable label="Spent today" heads={['Today (UTC)', 'Spent', 'Reserved', 'Left']}>
        <Row name="All runs" amounts={project} budgetUsd={projectUsd} />
        {users.map(user => (
          <Row key={user.userId} name={user.userId} amounts={user} budgetUsd={userUsd} />
        ))}
      </FigureTable>
      <p className="px-4 py-3 text-muted text-sm">
        {users.length === 0
          ? 'No run of a user has called a model today.'
          : 'Below all runs stand the users who spent most.'}{' '}
        Reserved is the most that calls under way can cost.
      </p>
    </>
  )
}

function Row({ name, amounts, budgetUsd }: { name: string; amounts: Amounts; budgetUsd: number | null }) {
  const { spentNanoUsd, reservedNanoUsd } = amounts
  const left = budgetUsd === null ? undefined : Math.max(0, budgetUsd * 1e9 - spentNanoUsd - reservedNanoUsd)
  return (
    <tr>
      <th scope="row">
        <span className="block max-w-28 truncate sm:max-w-64" title={name}>
          {name}
        </span>
      </th>
      <td>{nanoUsd(spentNanoUsd)}</td>
      <td>{nanoUsd(reservedNanoUsd)}</td>
      <td>{left === undefined ? 'no budget' : nanoUsd(left)}</td>
    </tr>
  )
}
