import type { Ledger } from '../db/ledger.ts'
import type { Rejects } from '../db/rejects.ts'
import type { HttpError } from './http-error.ts'
import type { Encoding } from './otlp/answers.ts'
import { beginningOf, rejectedSpans } from './reject-samples.ts'
import type { Sender } from './trace-intake.ts'

type Books = { ledger: Ledger; rejects: Rejects }
/** What is known of a request when it is refused: its sender once its key was checked, its body once it was read. */
export type Refused = { sender: Sender; body?: Buffer; encoding?: Encoding; bytes?: number }

/** Notes that a request of a known project was refused whole, with how it begins. */
export function noteRefusal({ ledger, rejects }: Books, refusal: HttpError, request: Refused) {
  const { sender, body, encoding = 'protobuf', bytes = body?.length ?? 0 } = request
  const reason = reasons[refusal.status] ?? 'refused'
  // What the store's absence refused is not at fault: there is nothing to be seen in it.
  const sample = body && refusal.status < 500 ? beginningOf(body, encoding) : ''
  ledger.record({ ...sender, item: 'requests', outcome: 'rejected', reason, count: 1, bytes })
  rejects.note({ ...sender, item: 'requests', reason, detail: refusal.message, sample })
}

/** Notes a sample of each reason for which spans of a request were rejected alone. */
export function noteRejectedSpans({ rejects }: Books, sender: Sender, body: Buffer, encoding: Encoding) {
  if (!rejects.wantsSample(sender.projectId)) return
  for (const [reason, sample] of rejectedSpans(body, encoding))
    rejects.note({ ...sender, item: 'spans', reason, detail: `${reason}: the other spans were stored`, sample })
}

/** By status, since the sentence of a refusal differs from one to the next. */
const reasons: Record<number, string> = {
  400: 'undecodable request',
  405: 'wrong method',
  408: 'the upload paused',
  413: 'too large',
  415: 'content type or encoding not understood',
  503: 'the store is unavailable or too much waits',
}
