import { AIMessageChunk } from '@langchain/core/messages'
import { describe, expect, it } from 'vitest'
import { CallUsage } from '../../../agent-runtime/inference/call-usage.ts'

const usage = (input: number, output: number, more: object = {}) => ({
  input_tokens: input,
  output_tokens: output,
  total_tokens: input + output,
  ...more,
})
const refused = Object.assign(new Error('too many requests'), { status: 429 })
const cut = new Error('aborted')

function sent() {
  const made = new CallUsage(100)
  made.send()
  return made
}

/** A call whose input we counted as 100 tokens, and that answered these texts. */
function call(...texts: string[]) {
  const made = sent()
  for (const text of texts) made.add(new AIMessageChunk(text), text)
  return made
}
const said = 'x'.repeat(35)

describe('a call that ended by itself', () => {
  it('used what the provider tells, in parts', () => {
    const made = call(said)
    const details = { input_token_details: { cache_read: 20 }, output_token_details: { reasoning: 4 } }
    made.add(new AIMessageChunk({ content: '', usage_metadata: usage(90, 1, details) }), '')
    made.add(new AIMessageChunk({ content: '', usage_metadata: usage(0, 8) }), '')
    expect(made.total()).toEqual({
      inputTokens: 90,
      outputTokens: 9,
      cacheReadTokens: 20,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: 0,
      reasoningTokens: 4,
      inputAudioTokens: 0,
      outputAudioTokens: 0,
    })
  })

  it('is estimated where the provider tells nothing', () => {
    expect(call(said, said).total()).toMatchObject({ inputTokens: 100, outputTokens: 20 })
  })

  it('is estimated where the provider tells zeros', () => {
    const made = call(said, said)
    made.add(new AIMessageChunk({ content: '', usage_metadata: usage(0, 0) }), '')
    expect(made.total()).toMatchObject({ inputTokens: 100, outputTokens: 20 })
  })

  it('names the model that answered', () => {
    const made = call(said)
    made.add(new AIMessageChunk({ content: '', response_metadata: { model_name: 'other' } }), '')
    expect(made.answeredBy).toBe('other')
  })
})

describe('a call that failed', () => {
  it.each([
    ['by a status of the provider', refused],
    ['by what its client made of one', Object.assign(new Error('too long'), { name: 'ContextOverflowError' })],
    ['as nobody listens', new Error('failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) })],
    ['as the name is not known', Object.assign(new Error(), { code: 'ENOTFOUND' })],
  ])('%s used nothing', (_, fault) => {
    expect(call().total(fault)).toBeUndefined()
  })

  it('before it was sent used nothing', () => {
    expect(new CallUsage(100).total(cut)).toBeUndefined()
  })

  it('without a word of the provider, or cut off by us, may have been taken: its input counts', () => {
    expect(call().total(cut)).toMatchObject({ inputTokens: 100, outputTokens: 0 })
    const reset = Object.assign(new Error(), { code: 'ECONNRESET' })
    expect(call().total(reset)).toMatchObject({ inputTokens: 100, outputTokens: 0 })
  })

  it('half-way used what came of it, whatever it failed by', () => {
    expect(call(said).total(cut)).toMatchObject({ inputTokens: 100, outputTokens: 10 })
    expect(call(said).total(refused)).toMatchObject({ inputTokens: 100, outputTokens: 10 })
  })

  it('is not taken at the count of output that a provider tells at the beginning', () => {
    const made = sent()
    made.add(new AIMessageChunk({ content: '', usage_metadata: usage(80, 1) }), '')
    made.add(new AIMessageChunk(said), said)
    expect(made.total(cut)).toMatchObject({ inputTokens: 80, outputTokens: 10 })
  })

  it('counts the arguments of tool calls as output', () => {
    const made = sent()
    made.add(new AIMessageChunk({ content: '', tool_call_chunks: [{ args: said, index: 0 }] }), '')
    expect(made.total(cut)).toMatchObject({ outputTokens: 10 })
  })
})
