import { z } from 'zod'
import { callApi } from './call.ts'

const workflow = z
  .object({ name: z.string(), version: z.string(), description: z.string().optional(), input: z.unknown() })
  .transform(({ input, ...rest }) => ({ ...rest, schema: input }))
export type WorkflowInfo = z.infer<typeof workflow>

/** The workflows that can be run; `schema` is the JSON Schema of the input. */
export async function fetchWorkflows(projectId: string, signal?: AbortSignal): Promise<WorkflowInfo[]> {
  const answer = z.object({ workflows: z.array(workflow) })
  return (await callApi(`/v1/workflows?project=${projectId}`, answer, { signal })).workflows
}

const started = z.object({ run_id: z.string(), trace_id: z.string() })

/** Starts a run; answers at once, while it is queued. */
export const startRun = (projectId: string, json: { workflow: string; input: unknown; user_id?: string }) =>
  callApi(`/v1/runs?project=${projectId}`, started, { method: 'POST', json })

/** Asks the run to stop; asking again does nothing. */
export const cancelRun = (projectId: string, runId: string) =>
  callApi(`/v1/runs/${runId}/cancel?project=${projectId}`, z.unknown(), { method: 'POST', json: {} })

export type Decision = { approve: true } | { approve: false; reason?: string }

/** Answers what a run waits for; the first answer counts. */
export const answerInterrupt = (
  projectId: string,
  runId: string,
  interruptId: string,
  json: { decision: Decision; approver: string },
) =>
  callApi(`/v1/runs/${runId}/interrupts/${encodeURIComponent(interruptId)}?project=${projectId}`, z.unknown(), {
    method: 'POST',
    json,
  })
