import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { RunnableLambda } from '@langchain/core/runnables'

/**
 * @langchain/core declares other parameters of handleChainStart than it passes, so types cannot guard our handlers: this
 * does, at the start. Throws when a version passes others.
 */
export async function checkCallbacks() {
  const seen: { runId: unknown; parentRunId: unknown; runName: unknown }[] = []
  class Probe extends BaseCallbackHandler {
    name = 'probe'
    override awaitHandlers = true
    override handleChainStart(...args: unknown[]) {
      seen.push({ runId: args[2], parentRunId: args[3], runName: args[7] })
    }
  }
  const inner = RunnableLambda.from((n: number) => n).withConfig({ runName: 'inner' })
  const outer = RunnableLambda.from((n: number, config) => inner.invoke(n, config)).withConfig({ runName: 'outer' })
  await outer.invoke(1, { callbacks: [new Probe()] })
  const [first, second] = seen
  const asExpected = first?.runName === 'outer' && second?.runName === 'inner' && second.parentRunId === first.runId
  if (!asExpected)
    throw new Error(
      'this version of @langchain/core calls handlers in another way than runs are traced by: install the one in package-lock.json',
    )
}
