import { expect, test } from 'vitest'
import { type Message, type MessageRole, readMessages } from '../../../db/domain/messages.ts'
import cases from '../../cases/messages.json' with { type: 'json' }

type Case = { name: string; from: string; text?: string; value?: unknown; messages: unknown }

test.each(cases as Case[])('reads $name', ({ from, text, value, messages }) => {
  expect(readMessages(text ?? JSON.stringify(value), from as MessageRole)).toEqual(messages)
})

test('reads any JSON without throwing and without losing a leaf text', () => {
  const leaf = 'needle'
  const odd = [
    [[[leaf]]],
    { messages: { content: leaf } },
    { message: [leaf] },
    [{ role: 7, content: leaf }],
    [{ role: 'user', content: [null, 1, [leaf]] }],
    [{ role: 'user', parts: { text: leaf } }],
    [{ role: 'tool', content: { deep: [leaf] } }],
    [{ role: 'assistant', content: '', tool_calls: [{ name: 'f', args: leaf }, null, 3] }],
    { kwargs: { content: leaf } },
    { output: [{ type: 'message', content: [{ type: 'output_text', text: leaf }] }] },
  ]
  for (const value of odd) {
    const read: Message[] = readMessages(JSON.stringify(value), 'user')
    expect(JSON.stringify(read), JSON.stringify(value)).toContain(leaf)
  }
})

test('keeps a long text whole', () => {
  const text = 'The quick brown fox. '.repeat(20_000)
  const [message] = readMessages(JSON.stringify([{ role: 'user', content: text }]), 'user')
  expect(message?.parts).toEqual([{ type: 'text', text }])
})
