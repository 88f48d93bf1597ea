import { expect, test } from 'vitest'
import { snippet } from '../../../db/domain/snippet.ts'

test.each<[string, 'user' | 'assistant', string, string]>([
  ['nothing', 'user', '', ''],
  ['plain text on several lines', 'user', 'How long\n\n  may I?', 'How long may I?'],
  ['bold text', 'assistant', 'You may return **unworn** shoes', 'You may return unworn shoes'],
  ['text that begins like JSON', 'user', '[sic] what', '[sic] what'],
  ['the telling field of an object', 'user', '{"publish":false,"question":"How long?"}', 'How long?'],
  ['a field further in', 'assistant', '{"result":{"answer":"30 days"}}', '30 days'],
  ['an object that tells nothing', 'assistant', '{"rows":3}', '{"rows":3}'],
  [
    'the last question of a conversation',
    'user',
    '[{"role":"system","content":"Be kind."},{"role":"user","content":"first"},{"role":"assistant","content":"hm"},{"role":"user","content":"second"}]',
    'second',
  ],
  ['an answer', 'assistant', '[{"role":"assistant","parts":[{"type":"text","content":"30 days"}]}]', '30 days'],
  [
    'a call where nothing was said',
    'assistant',
    '[{"role":"assistant","parts":[{"type":"tool_call","id":"1","name":"search","arguments":{"q":"x"}}]}]',
    '→ search {"q":"x"}',
  ],
  ['JSON cut within a text', 'user', '[{"role":"user","content":"How \\"long\\" may I ret', 'How "long" may I ret'],
  ['JSON cut within an escape', 'user', '{"question":"caf\\u00', 'caf'],
  ['JSON cut before any text', 'user', '[{"role":"us', '[{"role":"us'],
  ['an empty list', 'assistant', '[]', '[]'],
])('says %s', (_, side, text, said) => {
  expect(snippet(text, side)).toBe(said)
})
