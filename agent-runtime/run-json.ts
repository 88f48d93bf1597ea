import { signFeedbackToken } from '../db/feedback-token.ts'
import type { RunInterrupt } from '../db/run-interrupts.ts'
import type { Run } from '../db/runs.ts'

const feedbackDays = 30

/** What `POST /v1/runs` answers. The token lets a browser give feedback on this run's trace, and nothing else. */
export function startedJson(run: Run, secret: string) {
  const expiresAt = new Date(run.createdAt.getTime() + feedbackDays * 86_400_000)
  return {
    run_id: run.id,
    trace_id: run.traceId,
    stream_url: streamUrl(run),
    feedback_token: signFeedbackToken({ projectId: run.projectId, traceId: run.traceId, expiresAt }, secret),
  }
}

export function runJson(run: Run) {
  return {
    run_id: run.id,
    trace_id: run.traceId,
    workflow: run.workflow,
    workflow_version: run.workflowVersion,
    status: run.status,
    input: run.input,
    result: run.result,
    error: run.error,
    served_by: run.servedBy,
    served_reason: run.servedReason,
    arm: run.arms[run.workflow] ?? null,
    flags: run.arms,
    usage: {
      input_tokens: run.usage.inputTokens ?? 0,
      output_tokens: run.usage.outputTokens ?? 0,
      calls: run.usage.calls ?? 0,
      estimated: run.usage.estimated ?? false,
    },
    user_id: run.userId,
    session_id: run.sessionId,
    metadata: run.metadata,
    attempt: run.attempt,
    created_at: run.createdAt,
    started_at: run.startedAt,
    ended_at: run.endedAt,
    stream_url: streamUrl(run),
  }
}

export const interruptJson = (interrupt: RunInterrupt) => ({
  interrupt_id: interrupt.interruptId,
  value: interrupt.value,
  decision: interrupt.decision,
  approver: interrupt.approver,
  asked_at: interrupt.askedAt,
  answered_at: interrupt.answeredAt,
})

const streamUrl = (run: Run) => `/v1/runs/${run.id}/stream`
