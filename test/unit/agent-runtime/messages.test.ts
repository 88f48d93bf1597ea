import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import {
  inputMessages,
  jsonOf,
  outcomeOf,
  outputMessages,
  toolResult,
} from '../../../agent-runtime/instrument/messages.ts'
import { checkCallbacks } from '../../../agent-runtime/instrument/startup-check.ts'

it('writes messages as the GenAI conventions do, instructions apart', () => {
  const call = { id: 'c1', name: 'search', args: { query: 'x' } }
  const { instructions, input } = inputMessages([
    new SystemMessage('Be brief.'),
    new HumanMessage('What?'),
    new AIMessage({
      content: [
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: 'Let me look.' },
      ],
      tool_calls: [call],
    }),
    new ToolMessage({ content: '{"results":[]}', tool_call_id: 'c1' }),
  ])
  expect(JSON.parse(instructions ?? '')).toEqual([{ type: 'text', content: 'Be brief.' }])
  expect(JSON.parse(input)).toEqual([
    { role: 'user', parts: [{ type: 'text', content: 'What?' }] },
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: 'hm' },
        { type: 'text', content: 'Let me look.' },
        { type: 'tool_call', id: 'c1', name: 'search', arguments: { query: 'x' } },
      ],
    },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: '{"results":[]}' }] },
  ])
  expect(JSON.parse(outputMessages(new AIMessage('Yes.'), 'stop'))).toEqual([
    { role: 'assistant', parts: [{ type: 'text', content: 'Yes.' }], finish_reason: 'stop' },
  ])
})

it('writes the state of a graph without the wrapping of its messages', () => {
  expect(JSON.parse(jsonOf({ messages: [new HumanMessage('Hi')], n: 1 }))).toEqual({
    messages: [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }],
    n: 1,
  })
})

it.each([
  ['', 'empty'],
  ['[]', 'empty'],
  ['{}', 'empty'],
  ['null', 'empty'],
  ['{"results":[]}', 'empty'],
  ['{"query":"x","results":[]}', 'empty'],
  ['{"results":[1]}', 'ok'],
  ['{"a":[],"b":[1]}', 'ok'],
  ['{"published":"x"}', 'ok'],
  ['0', 'ok'],
  ['some text', 'ok'],
])('a tool that answers %j came back %s', (content, outcome) => {
  expect(outcomeOf(toolResult(new ToolMessage({ content, tool_call_id: 'c' })))).toBe(outcome)
})

it('finds the callbacks of the installed LangChain as the handlers expect them', async () => {
  await expect(checkCallbacks()).resolves.toBeUndefined()
})
