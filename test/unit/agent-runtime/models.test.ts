import { expect, it } from 'vitest'
import { declareModel, declareModels } from '../../../agent-runtime/inference/models.ts'
import { loadConfig } from '../../../db/config.ts'

it.each([
  'openai/gpt-4.1-mini-2025-04-14',
  'openai/gpt-4-0613',
  'openai/gpt-3.5-turbo-0125',
  'openai/o3-2025-04-16',
  'openai/Qwen/Qwen2.5-7B-Instruct@a09a35458c702b33eeacc393d103063234e8bc28',
  'anthropic/claude-sonnet-4-5-20250929',
  'ollama/qwen3:8b',
  'ollama/library/llama3.1:8b-instruct-q4_K_M',
])('takes the pinned model %s', name => {
  const model = declareModel(name)
  expect(`${model.provider}/${model.model}`).toBe(name)
  expect(model.contextWindow).toBeGreaterThan(model.maxOutput)
})

it.each([
  ['openai/gpt-4o', /gpt-4o is not pinned: an undated name changes under you, so name a dated snapshot/],
  ['openai/gpt-4o-mini', /not pinned/],
  ['openai/chatgpt-4o-latest', /-latest changes under you/],
  ['anthropic/claude-sonnet-4-5', /not pinned.*anthropic\/claude-sonnet-4-5-20250929/],
  ['anthropic/claude-3-5-sonnet-latest', /-latest/],
  ['ollama/qwen3', /not pinned.*a tag/],
  ['ollama/qwen3:latest', /-latest/],
  ['gpt-4o-2024-11-20', /provider\/model/],
  ['mistral/large-2411', /openai, anthropic, ollama/],
])('refuses %s in a sentence', (name, sentence) => {
  expect(() => declareModel(name)).toThrow(sentence)
})

it('uses the declared models that have a key or an address, in order', () => {
  const fallbacks = 'anthropic/claude-sonnet-4-5-20250929, ollama/qwen3:8b'
  const usable = (env: Record<string, string>) =>
    declareModels(loadConfig({ DAVYLAMP_MODEL_FALLBACKS: fallbacks, ...env })).usable.map(({ provider }) => provider)
  expect(usable({})).toEqual([])
  expect(usable({ OLLAMA_BASE_URL: 'http://localhost:11434' })).toEqual(['ollama'])
  expect(usable({ ANTHROPIC_API_KEY: 'x', OPENAI_API_KEY: 'y' })).toEqual(['openai', 'anthropic'])
})
