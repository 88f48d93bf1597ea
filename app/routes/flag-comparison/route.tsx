import type { LoaderFunctionArgs } from '@remix-run/node'
import { notFound, requireProject } from '../../access.server.ts'
import { type ComparisonView, readComparison } from './read-comparison.server.ts'

const patienceMs = 15_000

export type ComparisonAnswer = ComparisonView | { failed: string }

/** The comparison of a flag's arms, which its page loads by itself: the switch above must not wait for it. */
export async function loader(args: LoaderFunctionArgs): Promise<ComparisonAnswer> {
  const { services, project } = await requireProject(args)
  const share = Number(new URL(args.request.url).searchParams.get('share')) || undefined
  const asked = { projectId: project.id, key: args.params.flagKey ?? '', share }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not answer within ${patienceMs / 1000} s`)), patienceMs)
  })
  try {
    const view = await Promise.race([readComparison(services, asked, new Date()), late])
    if (!view) throw notFound('There is no such workflow flag in this project.')
    return view
  } catch (error) {
    if (!(error instanceof Error)) throw error
    services.log.warn('cannot compare the arms of a flag', { ...asked, error })
    return { failed: error.message }
  } finally {
    clearTimeout(timer)
  }
}
