import type { LoaderFunctionArgs } from '@remix-run/node'
import { evaluateKey } from '../../../db/domain/flags/evaluate.ts'
import { whyWords } from '../../../db/domain/flags/words.ts'
import { requireProject } from '../../access.server.ts'

export type Tried =
  | { ok: true; value: unknown; variant: string | null; reason: string; errorCode: string | null; why: string }
  | { ok: false; message: string }

/** Evaluates a flag for the context in the URL, as every process does, and says why it comes out so. */
export async function loader(args: LoaderFunctionArgs): Promise<Tried> {
  const { services, project } = await requireProject(args)
  let context: unknown
  try {
    context = JSON.parse(new URL(args.request.url).searchParams.get('context') ?? '{}')
  } catch {
    return { ok: false, message: 'The context is not JSON.' }
  }
  const set = services.flags.set(project.id)
  const evaluation = evaluateKey(args.params.flagKey ?? '', context, new Date(), set)
  const { value, variant, reason, errorCode } = evaluation
  const why = whyWords(evaluation, set.flags.get(evaluation.key))
  return { ok: true, value: value ?? null, variant: variant ?? null, reason, errorCode: errorCode ?? null, why }
}
