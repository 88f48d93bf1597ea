import type { Attributes } from '../otlp/request.ts'
import { fromJson, text } from './values.ts'

const names = ['thread_id', 'user_id', 'userId', 'ls_provider'] as const
export type ToldMetadata = { [name in (typeof names)[number]]?: string }

/** What OpenInference keeps of LangChain's metadata in one JSON text: only the names that columns ask for. */
export function toldMetadata(attributes: Attributes): ToldMetadata {
  const told = text(attributes.get('metadata'))
  const found: ToldMetadata = {}
  if (!told.startsWith('{')) return found
  const metadata = fromJson(told)
  if (typeof metadata !== 'object' || metadata === null) return found
  const fields = metadata as Record<string, unknown>
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'string' || typeof value === 'number') found[name] = String(value)
  }
  return found
}
