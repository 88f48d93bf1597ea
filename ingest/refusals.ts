import type { Ledger } from '../db/ledger.ts'
import type { Redaction } from '../db/redaction.ts'
import type { Rejects } from '../db/rejects.ts'
import type { HttpError } from './http-error.ts'
import type { Encoding } from './otlp/answers.ts'
import { beginningOf, rejectedSpans } from './reject-samples.ts'
import type { Sender } from './trace-intake.ts'

type Books = { ledger: Ledger; rejects: Rejects; redaction: Redaction }
/** What is known of a request when it is refused: its sender once its key was checked, its body once it was read. */
export type Refused = { sender: Sender; body?: Buffer; encoding?: Encoding; bytes?: number }

const noSample = 'Not kept: this project redacts what it stores, and a request that is refused cannot be searched.'

/** Notes that a request of a known project was refused whole, with how it begins where nothing is to be redacted. */
export function noteRefusal({ ledger, rejects, redaction }: Books, refusal: HttpError, request: Refused) {
  const { sender, body, encoding = 'protobuf', bytes = body?.length ?? 0 } = request
  const reason = reasons[refusal.status] ?? 'refused'
  // What the store's absence refused is not at fault: there is nothing to be seen in it.
  const sample = body && refusal.status < 500 ? beginningOf(body, encoding) : ''
  ledger.record({ ...sender, item: 'requests', outcome: 'rejected', reason, count: 1, bytes })
  const note = (kept: string) =>
    rejects.note({ ...sender, item: 'requests', reason, detail: refusal.message, sample: kept })
  if (sample === '') return note('')
  redaction.of(sender.projectId).then(
    redactor => note(redactor ? noSample : sample),
    () => note(noSample),
  )
}

/** Notes a sample of each reason for which spans of a request were rejected alone. */
export async function noteRejectedSpans(
  { rejects, redaction }: Books,
  sender: Sender,
  body: Buffer,
  encoding: Encoding,
) {
  if (!rejects.wantsSample(sender.projectId)) return
  const redactor = await redaction.of(sender.projectId)
  for (const [reason, sample] of rejectedSpans(body, encoding, redactor))
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
