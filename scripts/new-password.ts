// `npm run new-password EMAIL`: gives an account a new password, prints it, and signs the account out everywhere. For who
// has forgotten theirs: whoever may run this has the machine.
import { giveNewPassword } from '../db/accounts.ts'
import { loadConfig } from '../db/config.ts'
import { createLogger } from '../db/log.ts'
import { openPostgres } from '../db/postgres.ts'
import { readRunning } from '../db/stores.ts'

const [email, ...more] = process.argv.slice(2)
const log = createLogger()

try {
  if (!email || more.length > 0) throw new Error('say whose: npm run new-password EMAIL')
  const config = loadConfig()
  const postgres = openPostgres(config.databaseUrl ?? readRunning(config.dataDir).postgres)
  const password = await giveNewPassword(postgres, email).finally(() => postgres.close())
  if (!password) throw new Error(`nobody has an account with the address ${email}`)
  process.stdout.write(`The new password of ${email} is ${password} (change it after signing in, under Account)\n`)
} catch (error) {
  log.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
