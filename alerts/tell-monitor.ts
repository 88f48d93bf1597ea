import { openIncidents, waitingMessages } from '../db/monitored.ts'
import type { Services } from '../db/services.ts'

/** Figures of this role for a monitor, which shall notice when nobody looks at the rules; answers what to call after a round. */
export function tellMonitor({ monitor, postgres }: Pick<Services, 'monitor' | 'postgres'>): () => void {
  let endedMs = 0
  const round = 'davylamp_alerts_round_timestamp_seconds'
  monitor.asks(
    { name: round, help: 'When this process last ended a round over all rules; 0 before the first.' },
    () => [[{}, endedMs / 1000]],
  )
  const open = { name: 'davylamp_incidents_open', help: 'Open incidents of all projects.', labels: ['severity'] }
  monitor.asks(open, () => openIncidents(postgres))
  monitor.asks(
    { name: 'davylamp_messages_waiting', help: 'Messages that may go and have not got through.' },
    async () => [[{}, (await waitingMessages(postgres)).count]],
  )
  const oldest = {
    name: 'davylamp_messages_oldest_seconds',
    help: 'For how long the oldest of them has been tried.',
  }
  monitor.asks(oldest, async () => [[{}, (await waitingMessages(postgres)).oldestSeconds]])
  return () => {
    endedMs = Date.now()
  }
}
