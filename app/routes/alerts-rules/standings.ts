import type { AlertState } from '../../../db/domain/alerts.ts'

export type Standing = { scope: string; state: AlertState; reason: string; checkedAt: Date }

const order: AlertState[] = ['firing', 'recovering', 'pending', 'untrusted', 'ok', 'resolved', 'no_data']

/** The standing that matters most of those of a rule's workflows and lanes. */
export function summarise(standings: Standing[]): Standing | undefined {
  return [...standings].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0]
}
