import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fieldsOf, inputOf } from '../../../app/routes/runs/schema-form.ts'

const schema = z.toJSONSchema(
  z.object({
    question: z.string().describe('What to find out.'),
    maxSources: z.number().int().min(1).max(20).optional(),
    tone: z.enum(['plain', 'formal']).default('plain'),
    publish: z.boolean().default(false),
    filters: z.record(z.string(), z.string()).optional(),
  }),
  { io: 'input' },
)

const form = (values: Record<string, string>) => {
  const data = new FormData()
  for (const [name, value] of Object.entries(values)) data.set(name, value)
  return data
}

describe('the form of a workflow', () => {
  it('has a fitting control for each property of the input', () => {
    expect(fieldsOf(schema).map(({ name, kind, label, required }) => [name, kind, label, required])).toEqual([
      ['question', 'long', 'Question', true],
      ['maxSources', 'number', 'Max sources', false],
      ['tone', 'choice', 'Tone', false],
      ['publish', 'switch', 'Publish', false],
      ['filters', 'json', 'Filters', false],
    ])
  })

  it('gives the input in its own types, without what was left empty', () => {
    const filled = form({ question: 'Why?', maxSources: '3', tone: 'formal', publish: 'on', filters: '' })
    expect(inputOf(fieldsOf(schema), filled)).toEqual({
      input: { question: 'Why?', maxSources: 3, tone: 'formal', publish: true },
    })
  })

  it.each([
    [{ question: ' ' }, { field: 'question', message: 'Question is needed.' }],
    [
      { question: 'Why?', filters: '{oops' },
      { field: 'filters', message: 'Filters must be JSON.' },
    ],
  ])('says what is wrong with %j', (values, fault) => {
    expect(inputOf(fieldsOf(schema), form(values))).toEqual(fault)
  })

  it('has no fields for what is not a schema of an object', () => {
    expect([fieldsOf(undefined), fieldsOf('text'), fieldsOf({})]).toEqual([[], [], []])
  })
})
