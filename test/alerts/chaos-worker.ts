// An alert worker as a process of its own, to be killed by the chaos test: it takes the looks of the rules that it is named
// on standard input, and sends what they write, with the product's own decision, transaction and sender.
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { startSender } from '../../alerts/notify.ts'
import { getRule } from '../../db/alert-rules.ts'
import { loadConfig } from '../../db/config.ts'
import { createLogger } from '../../db/log.ts'
import { openMail } from '../../db/mail.ts'
import { openPostgres } from '../../db/postgres.ts'
import { fine, hurry, look, worse } from './looks.ts'

const { CHAOS_SECRET = '', ...env } = process.env
const config = loadConfig(env, ['alerts'])
const postgres = openPostgres(config.databaseUrl ?? '')
const log = createLogger('error')
const times = { pollMs: 20, leaseMs: 2_500, answerMs: 1_500, firstRetryMs: 30, longestRetryMs: 100 }
const mail = openMail({ url: config.smtpUrl ?? '', from: config.smtpFrom })
startSender({ config, postgres, mail, secret: CHAOS_SECRET, secrets: [CHAOS_SECRET], log }, { times })

const script = [worse, worse, worse, fine, fine, fine]
const first = Date.parse('2026-03-01T01:00:00Z')

async function work(projectId: string, ruleId: string) {
  const hurrying = setInterval(() => void hurry(postgres, projectId).catch(() => {}), 50)
  for (let at = 0; at < script.length; at++) {
    await take(projectId, ruleId, at)
    await delay(30)
  }
  setTimeout(() => clearInterval(hurrying), 20_000)
}

/** Until it is done: the database may be away, and another worker may have been quicker. */
async function take(projectId: string, ruleId: string, at: number) {
  for (;;) {
    try {
      const rule = await getRule(postgres, projectId, ruleId)
      if (rule) return await look(postgres, rule, script[at]!, new Date(first + at * 86_400_000))
    } catch {
      await delay(50)
    }
  }
}

createInterface({ input: process.stdin }).on('line', line => {
  const [projectId = '', ruleId = ''] = line.split(' ')
  void work(projectId, ruleId)
})
