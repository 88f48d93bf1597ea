import { z } from 'zod'
import { callApi } from './call.ts'

export type NewSignal = {
  /** Makes it idempotent: a later signal with the same id takes its place. */
  id?: string
  trace_id: string
  span_id?: string
  run_id?: string
  kind: 'thumbs' | 'copy' | 'comment'
  value?: number
  comment?: string
}

/** Sends one piece of feedback. Throws ApiError with the server's sentence. */
export const sendSignal = (projectId: string, signal: NewSignal) =>
  callApi(`/v1/signals?project=${projectId}`, z.unknown(), { method: 'POST', json: signal })
