import type { OutboxRow, Outcome } from '../db/outbox.ts'
import { getRun } from '../db/runs.ts'
import { runWebhookSecret } from '../db/sealed.ts'
import type { Services } from '../db/services.ts'
import type { Tools } from './channels/channel.ts'
import { postSigned } from './channels/webhook.ts'

/** Tells the URL that a run was started with how it ended, signed with the project's secret for that. */
export async function sendRunEnd(
  { postgres, secret }: Pick<Services, 'postgres' | 'secret'>,
  row: OutboxRow,
  tools: Pick<Tools, 'outbound' | 'now'>,
): Promise<Outcome> {
  const run = await getRun(postgres, row.projectId, row.runId ?? '')
  if (!run?.webhook) return { kind: 'stop', error: 'the run is gone' }
  const data = {
    run_id: run.id,
    trace_id: run.traceId,
    project_id: run.projectId,
    workflow: run.workflow,
    workflow_version: run.workflowVersion,
    status: run.status,
    result: run.result,
    error: run.error,
    served_by: run.servedBy,
    user_id: run.userId,
    session_id: run.sessionId,
    metadata: run.metadata,
    created_at: run.createdAt,
    ended_at: run.endedAt,
  }
  const timestamp = (run.endedAt ?? tools.now).toISOString()
  const payload = { type: 'run.ended', timestamp, data }
  return postSigned(
    { id: row.id, url: run.webhook, signingSecret: runWebhookSecret(secret, run.projectId), payload },
    tools,
  )
}
