import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Runnable, unfit } from '../../../../db/domain/flags/fit.ts'

const params = z.toJSONSchema(
  z.strictObject({ depth: z.int().min(1).max(5).default(2), tone: z.enum(['warm', 'cool']).default('cool') }),
  { io: 'input' },
)
const known: Runnable = {
  count: 2,
  workflows: [
    { name: 'agent', version: '1', params: { type: 'object', additionalProperties: false }, prompts: { main: '' } },
    { name: 'agent', version: '2', params, prompts: { main: '', tail: '' } },
  ],
  providers: ['openai'],
}
const paths = (canary: object, more: { control?: object; key?: string; known?: Runnable } = {}) =>
  unfit({ key: more.key ?? 'agent', control: more.control ?? {}, canary }, more.known ?? known).map(({ path }) => path)

describe('an arm', () => {
  it('that the workers can run fits', () => {
    expect(
      paths({
        version: '2',
        model: 'openai/gpt-4o-2024-11-20',
        prompts: { tail: 'x' },
        params: { depth: 3, tone: 'warm' },
      }),
    ).toEqual([])
  })

  it.each<[string, object, string]>([
    ['a version that no worker has', { version: '3' }, 'canary.version'],
    ['a model that is not pinned', { model: 'openai/gpt-4o' }, 'canary.model'],
    ['a model that not every worker has a key for', { model: 'anthropic/claude-sonnet-4-5-20250929' }, 'canary.model'],
    ['a prompt that the version does not have', { prompts: { tail: 'x' } }, 'canary.prompts.tail'],
    ['a parameter that the version does not have', { params: { depth: 3 } }, 'canary.params.depth'],
    ['a parameter out of its bounds', { version: '2', params: { depth: 9 } }, 'canary.params.depth'],
    ['a parameter of another choice', { version: '2', params: { tone: 'loud' } }, 'canary.params.tone'],
  ])('with %s does not', (_, canary, path) => {
    expect(paths(canary)).toEqual([path])
  })

  it('of the canary runs the control’s version where it names none', () => {
    expect(paths({ params: { depth: 3 } }, { control: { version: '2' } })).toEqual([])
  })

  it('of a workflow that runs elsewhere is free, but for the model’s name', () => {
    expect(paths({ version: 'x', params: { a: 1 } }, { key: 'external' })).toEqual([])
    expect(paths({ model: 'gpt' }, { key: 'external' })).toEqual(['canary.model'])
  })

  it('is not judged while no worker is alive', () => {
    expect(paths({ version: '3' }, { known: { count: 0, workflows: [], providers: [] } })).toEqual([])
  })

  it('with a schema that cannot be read back is left to the workflow', () => {
    const odd: Runnable = { ...known, workflows: [{ name: 'agent', version: '1', params: 'odd', prompts: {} }] }
    expect(paths({ params: { a: 1 } }, { known: odd })).toEqual([])
  })
})
