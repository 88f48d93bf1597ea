import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessageChunk } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import { declareModel } from '../../../agent-runtime/inference/models.ts'
import { retryLimits } from '../../../agent-runtime/inference/retry.ts'
import type { Route } from '../../../agent-runtime/inference/route.ts'
import { RoutedChatModel } from '../../../agent-runtime/inference/routed-model.ts'

const limits = { ...retryLimits, deadlineMs: 1_500, firstTokenMs: 500, backoffMs: 1 }
const names = ['openai/gpt-4.1-2025-04-14', 'openai/gpt-4o-2024-11-20', 'anthropic/claude-sonnet-4-20250514']

/** A model of which the last of so many answers, and all before it hang. */
function routed(models: string[]) {
  const failed: string[] = []
  const answer = async function* () {
    await new Promise(resolve => setTimeout(resolve, 50))
    yield new AIMessageChunk(`it is ${models.at(-1)}`)
  }
  const open = (name: string) => ({ stream: async () => (name === models.at(-1) ? answer() : new Promise(() => {})) })
  const route = {
    models: models.map(declareModel),
    open: ({ name }: { name: string }) => open(name) as unknown as BaseChatModel,
    isOpenFor: () => true,
    admit: () => ({ record() {}, release() {} }),
  } as unknown as Route
  const observer = {
    attempt: ({ model }: { model: { name: string } }) => ({
      token() {},
      done() {},
      failed() {
        failed.push(model.name)
        return { beforeFirstToken: true }
      },
    }),
    fallback() {},
  }
  return { model: new RoutedChatModel({ route, observer, limits }), failed }
}

it.each([1, 2, 3])('has time for the last of %s models, where all before it hang', async count => {
  const models = names.slice(-count)
  const { model, failed } = routed(models)
  const began = Date.now()
  expect((await model.invoke('Who are you?')).content).toBe(`it is ${models.at(-1)}`)
  expect(new Set(failed)).toEqual(new Set(models.slice(0, -1)))
  expect(Date.now() - began).toBeLessThan(limits.deadlineMs)
})
