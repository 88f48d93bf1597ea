import type { TraceSummary } from '../../../db/traces.ts'
import { count, usd } from '../../components/format.ts'

type Usage = Pick<
  TraceSummary,
  'inputTokens' | 'outputTokens' | 'costUsd' | 'callsOfUnknownCost' | 'callsOfUnknownUsage' | 'llmCalls'
>
/** What is shown, and what explains it; null where no model was called. */
export type UsageWords = { words: string; tip: string } | null

const notTold = 'No model call tells its tokens'
const tellsTokens = ({ inputTokens, outputTokens }: Pick<Usage, 'inputTokens' | 'outputTokens'>) =>
  inputTokens + outputTokens > 0

/** The tokens of a trace. Models were called with some: none that are told are not 0, but unknown. */
export function tokenWords(trace: Usage, show: (tokens: number) => string = count): UsageWords {
  if (!tellsTokens(trace)) return trace.llmCalls > 0 ? { words: 'unknown', tip: notTold } : null
  const [input, output] = [trace.inputTokens, trace.outputTokens].map(tokens => tokens.toLocaleString('en'))
  const words = show(trace.inputTokens + trace.outputTokens)
  const tip = `${input} in, ${output} out`
  const silent = silentWords(trace)
  return silent === '' ? { words, tip } : { words: `${words} +?`, tip: `${tip}; ${silent}` }
}

/** The known cost of a trace; a + says that some of it is not known. */
export function costWords(trace: Usage): UsageWords {
  const { costUsd, callsOfUnknownCost: calls, llmCalls } = trace
  const unpriced = calls === 0 ? '' : `${calls} model ${calls === 1 ? 'call has' : 'calls have'} no known price`
  const why = [unpriced, tellsTokens(trace) || costUsd > 0 ? silentWords(trace) : ''].filter(Boolean).join(', ')
  if (why !== '') return { words: costUsd > 0 ? `${usd(costUsd)} +?` : 'unknown', tip: why }
  if (costUsd === 0 && !tellsTokens(trace)) return llmCalls > 0 ? { words: 'unknown', tip: notTold } : null
  return { words: usd(costUsd), tip: '' }
}

const silentWords = ({ callsOfUnknownUsage: calls }: Usage) =>
  calls === 0 ? '' : `${calls} model ${calls === 1 ? 'call tells' : 'calls tell'} no tokens`

type Call = Pick<Usage, 'inputTokens' | 'outputTokens'> & { kind: string; status: string; costUsd: number | null }

/** Whether a span is a model's answer that does not say what it took; one that failed took nothing as a rule. */
export const hidesUsage = (span: Call) =>
  (span.kind === 'llm' || span.kind === 'embedding') && span.status !== 'error' && !tellsTokens(span)
