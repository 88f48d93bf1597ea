import { fastLaneTable, pathologies } from './alerts/pathologies.ts'
import { cadence, falseAlarmsAndPower } from './alerts/table.ts'
import { withStores } from './stores.ts'

/**
 * How often the alerts are wrong and how soon they are right: seeded simulations that go through the detector's own SQL and
 * decision on an embedded store. `seconds` sets the number of simulated projects, three a second; on a
 * quiet machine it takes some ten times as long.
 */
export async function bench(seconds: number) {
  const projects = Math.max(6, Math.round(seconds * 3))
  await withStores(async ({ clickhouse }) => {
    await falseAlarmsAndPower(clickhouse, projects)
    await cadence(clickhouse, Math.ceil(projects / 4))
    await pathologies(clickhouse, Math.ceil(projects / 12))
    await fastLaneTable(clickhouse)
  })
}
