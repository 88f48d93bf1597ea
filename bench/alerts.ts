import { fastLaneTable, pathologies } from './alerts/pathologies.ts'
import { cadence, falseAlarmsAndPower } from './alerts/table.ts'
import { withStores } from './stores.ts'

/**
 * How often the alerts are wrong and how soon they are right: seeded simulations that go through the detector's own SQL and
 * decision on an embedded store. `seconds` sets the number of simulated projects, five a second.
 */
export async function bench(seconds: number) {
  const projects = Math.max(6, Math.round(seconds * 5))
  await withStores(async ({ clickhouse }) => {
    await falseAlarmsAndPower(clickhouse, projects)
    await cadence(clickhouse, Math.ceil(projects / 5))
    await pathologies(clickhouse, Math.ceil(projects / 10))
    await fastLaneTable(clickhouse)
  })
}
