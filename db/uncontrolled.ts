import type { Usual } from './canary-lines.ts'
import { type CanaryStage, readArms } from './canary-sums.ts'
import type { ClickHouse } from './clickhouse.ts'
import type { NamedGuardrail } from './domain/guardrails.ts'
import { blownFuse } from './domain/stats/fuse.ts'
import { noUsers } from './domain/stats/sums.ts'

type Asked = {
  projectId: string
  flag: string
  /** One in which the canary serves everyone. */
  stage: CanaryStage
  now: Date
  guardrails: readonly NamedGuardrail[]
  usual: Pick<Usual, 'lines' | 'guardrails'>
}

/** The fuses that blow while a canary has no control beside it: by their ceilings, and by what was usual before. */
export async function blownFuses(
  clickhouse: ClickHouse,
  { projectId, flag, stage, now, guardrails, usual }: Asked,
): Promise<{ id: string; canary: number }[]> {
  const fused = guardrails.filter(({ fuse }) => fuse)
  const ids = fused.map(({ id }) => id)
  const rows = await readArms(clickhouse, { projectId, flag, stages: [stage], now, lines: usual.lines }, ids)
  const canary = rows.find(({ arm }) => arm === 'canary')
  return fused.flatMap(guardrail => {
    const sums = canary?.sums[guardrail.id]
    const events = sums?.some ?? 0
    const data = {
      canary: sums ?? noUsers,
      control: noUsers,
      splits: [{ events, inCanary: events, share: 1 }],
      usual: usual.guardrails[guardrail.id]?.value,
    }
    return blownFuse(guardrail, data) ?? []
  })
}
