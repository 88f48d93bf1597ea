import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import { declareModel } from '../../../agent-runtime/inference/models.ts'
import { countTokens, estimateTokens, fitMessages, OverflowError } from '../../../agent-runtime/inference/tokens.ts'

const model = { ...declareModel('openai/gpt-4-0613'), contextWindow: 2000, maxOutput: 400 }
const conversation = (...results: string[]) => [
  new SystemMessage('You answer.'),
  new HumanMessage('What is it?'),
  new AIMessage({ content: '', tool_calls: results.map((_, i) => ({ id: `c${i}`, name: 'search', args: {} })) }),
  ...results.map((content, i) => new ToolMessage({ content, tool_call_id: `c${i}`, name: 'search' })),
]

it('estimates more tokens for scripts that take more bytes', () => {
  expect(estimateTokens('hello world, how are you')).toBeLessThanOrEqual(8)
  expect(estimateTokens('これは日本語の文章です')).toBeGreaterThan(8)
})

it('leaves messages that fit as they are', () => {
  const messages = conversation('short')
  expect(fitMessages(messages, [], model, 'trim')).toBe(messages)
})

it('shortens the longest tool result until all fits, says so, and keeps the order and the ids', () => {
  const messages = conversation('a'.repeat(9000), 'short result')
  const fitted = fitMessages(messages, [], model, 'trim')
  expect(countTokens(fitted)).toBeLessThanOrEqual(1600)
  expect(fitted.map(message => message.getType())).toEqual(messages.map(message => message.getType()))
  expect(fitted[3]?.content).toMatch(/^a{400,}\n\[\d+ characters left out to fit the model\]$/)
  expect((fitted[3] as ToolMessage).tool_call_id).toBe('c0')
  expect(fitted[4]?.content).toBe('short result')
})

it('refuses, in a sentence, what cannot be made to fit or must not be shortened', () => {
  expect(() => fitMessages([new HumanMessage('q'.repeat(9000))], [], model, 'trim')).toThrow(OverflowError)
  expect(() => fitMessages(conversation('a'.repeat(9000)), [], model, 'refuse')).toThrow(
    /about \d+ tokens does not fit the 1600 that openai\/gpt-4-0613 takes in/,
  )
})
