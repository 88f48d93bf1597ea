import { Form } from '@remix-run/react'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { FigureTable } from '../../components/figure-table.tsx'
import { nanoUsd, whole } from '../../components/format.ts'
import { Input } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'
import type { LongestAnswer } from './longest-answers.ts'

type Amounts = { spentNanoUsd: number; reservedNanoUsd: number }
type Shown = {
  projectUsd: number | null
  userUsd: number | null
  longest: LongestAnswer[]
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
            hint="Empty is no budget."
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
      <Longest answers={budgets.longest} hasBudget={projectUsd !== null || userUsd !== null} />
      <Today budgets={budgets} />
    </Panel>
  )
}

/** Before a call the longest answer is reserved: a budget that does not cover one refuses every call of its model. */
function Longest({ answers, hasBudget }: { answers: LongestAnswer[]; hasBudget: boolean }) {
  const heads = ['One longest answer', ...(hasBudget ? ['Covered a day'] : []), 'Costs at most', 'Tokens']
  return (
    <>
      <FigureTable label="One longest answer of each model" heads={heads}>
        {answers.map(({ model, tokens, nanoUsd: most, aDay }) => (
          <tr key={model}>
            <th scope="row">
              <span className="block max-w-28 truncate sm:max-w-96" title={model}>
                {model}
              </span>
            </th>
            {hasBudget && <Covered aDay={aDay} isPriced={most !== null} />}
            <td>{nanoUsd(most)}</td>
            <td>{whole(tokens)}</td>
          </tr>
        ))}
      </FigureTable>
      <p className="px-4 py-3 text-muted text-sm">
        A call needs so much room in a budget, and room for what is asked; what it did not cost is given back when it
        ends.
      </p>
    </>
  )
}

function Covered({ aDay, isPriced }: { aDay: number | null; isPriced: boolean }) {
  if (aDay === 0) return <td className="text-bad">{isPriced ? 'none: all refused' : 'none: add its price'}</td>
  return <td>{aDay === null ? 'any number' : whole(aDay)}</td>
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
