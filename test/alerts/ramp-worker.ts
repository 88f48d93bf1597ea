// A worker that looks at the ramps once, as a process of its own, to be killed by the test.
import { lookAtRamps } from '../../alerts/ramp.ts'
import { openJudge } from '../../alerts/ramp-judge.ts'
import { openClickHouse } from '../../db/clickhouse.ts'
import { loadConfig } from '../../db/config.ts'
import { emptySet } from '../../db/domain/flags/flag-set.ts'
import { createLogger } from '../../db/log.ts'
import { openPostgres } from '../../db/postgres.ts'

const { RAMP_NOW = '', ...env } = process.env
const config = loadConfig(env, ['alerts'])
const postgres = openPostgres(config.databaseUrl ?? '')
const clickhouse = openClickHouse({ url: config.clickhouseUrl ?? '' })
const judge = openJudge({ clickhouse, postgres, flags: { set: emptySet } })
await lookAtRamps({ postgres, log: createLogger('error') }, new Date(RAMP_NOW), { judge })
await Promise.all([postgres.close(), clickhouse.close()])
