import { resetLetter } from './account-letters.ts'
import { type Auth, createAuth } from './auth.ts'
import type { ClickHouse } from './clickhouse.ts'
import type { Config } from './config.ts'
import { openBells, openRunEvents, type RunEventLog } from './events.ts'
import { type Flags, openFlags } from './flag-memory.ts'
import { createIdentity, type Identity } from './identity.ts'
import { type Ledger, openLedger } from './ledger.ts'
import type { Logger } from './log.ts'
import { type Mail, openMail } from './mail.ts'
import { migrate } from './migrate.ts'
import { type Monitor, openMonitor } from './monitor.ts'
import type { Postgres } from './postgres.ts'
import { openQueues, type Queues } from './queues.ts'
import { openSecret } from './secret.ts'
import { openStores } from './stores.ts'

/** All that a role needs to do its work: what main opens once and hands down. */
export type Services = {
  config: Config
  log: Logger
  clickhouse: ClickHouse
  postgres: Postgres
  queues: Queues
  events: RunEventLog
  flags: Flags
  ledger: Ledger
  monitor: Monitor
  identity: Identity
  secret: string
  /** The secret, then those of before: any of them may have sealed what is kept. */
  secrets: string[]
  auth: Auth
  /** Signs in with the OpenID Connect provider, where one is set. */
  oidc?: Auth
  /** The mail server, where one is set. */
  mail: Mail | undefined
  close(): Promise<void>
}

/** What a role's start function answers: where it listens, and how to drain and stop it within 4 s. */
export type Running = { name: string; urls: string[]; stop(): Promise<void> }

/** Opens (or starts) the stores, brings their tables up to date, and builds what stands on them. */
export async function openServices(config: Config, log: Logger): Promise<Services> {
  const stores = await openStores(config, log)
  try {
    const { clickhouse, postgres } = stores
    await migrate(stores, config)
    const secret = await openSecret(postgres, config.secret)
    const mail = config.smtpUrl ? openMail({ url: config.smtpUrl, from: config.smtpFrom }) : undefined
    const auth = createAuth({ postgres, config, secret, sendReset: mail && resetsBy({ mail, config, log }) })
    const oidc = config.oidc && createAuth({ postgres, config, secret, log, oidc: config.oidc })
    const identity = createIdentity({ postgres, auth, secret, log })
    const queues = await openQueues({ config, postgres, log })
    const bells = openBells(postgres, log)
    const events = await openRunEvents({ config, postgres, clickhouse, log, bells })
    const flags = await openFlags({ config, postgres, bells, log })
    const monitor = openMonitor({ log, process: config.healthPort !== undefined })
    const ledger = openLedger({ clickhouse, log, monitor })
    const close = async () => {
      await Promise.allSettled([ledger.stop(), queues.close(), events.close(), flags.close()])
      await bells.close()
      mail?.close()
      await stores.close()
    }
    const secrets = [secret, ...config.oldSecrets]
    const kept = { clickhouse, postgres, queues, events, flags, ledger, monitor, identity, secret, secrets }
    return { config, log, ...kept, auth, oidc, mail, close }
  } catch (error) {
    await stores.close()
    throw error
  }
}

type ResetParts = { mail: Mail; config: Pick<Config, 'publicUrl'>; log: Logger }

/** Nobody waits for the letter: how long that takes would tell whether the address has an account. */
function resetsBy({ mail, config, log }: ResetParts) {
  return (email: string, token: string) => {
    const link = `${config.publicUrl}/reset-password?token=${encodeURIComponent(token)}`
    mail.send({ to: [email], ...resetLetter({ link }) }).catch(error => {
      log.error('cannot mail a link for a new password', { error })
    })
  }
}
