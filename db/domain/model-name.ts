export const providers = ['openai', 'anthropic', 'ollama'] as const
export type Provider = (typeof providers)[number]

const dated = /(\d{4}-\d{2}-\d{2}|\d{8}|-\d{4})(-[a-z]+)?$/
const pinned = /(:(?!latest$)[\w.-]+|@[\w.-]+)$/

const example: Record<Provider, string> = {
  openai: 'a dated snapshot such as openai/gpt-4.1-mini-2025-04-14',
  anthropic: 'a dated snapshot such as anthropic/claude-sonnet-4-5-20250929',
  ollama: 'a tag such as ollama/qwen3:8b',
}

/** Reads `provider/model`, or says why it may not be used: a name that is not pinned would change under you. */
export function readModelName(text: string): { provider: Provider; model: string } | { fault: string } {
  const [given = '', ...rest] = text.split('/')
  const model = rest.join('/')
  const provider = providers.find(name => name === given)
  if (!provider || !model)
    return { fault: `model ${text} is not written as provider/model with a provider of ${providers.join(', ')}` }
  if (/latest$/.test(model))
    return { fault: `model ${text} is not pinned: -latest changes under you, so name a dated snapshot` }
  if (provider === 'ollama' ? !pinned.test(model) : !dated.test(model) && !pinned.test(model))
    return { fault: `model ${text} is not pinned: an undated name changes under you, so name ${example[provider]}` }
  return { provider, model }
}
