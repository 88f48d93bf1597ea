import { useFetcher, useSearchParams } from '@remix-run/react'
import { useCallback, useEffect, useState } from 'react'
import type { ShownSpan, TraceData } from './trace.server.ts'

/** While keys race through the tree only the span they rest on is fetched. */
const restMs = 80

/** The span of the URL (`?span=`), whole: from the page, from those seen before, or fetched. */
export function useChosenSpan({ projectId, trace, spans, span: first }: TraceData) {
  const [params, setParams] = useSearchParams()
  const asked = params.get('span')
  const chosenId = spans.some(({ spanId }) => spanId === asked)
    ? asked
    : (spans.find(root)?.spanId ?? spans[0]?.spanId ?? null)
  const { load, data } = useFetcher<{ span: ShownSpan }>()
  const [seen, setSeen] = useState<Map<string, ShownSpan>>(new Map())
  const fetched = data?.span
  useEffect(() => {
    if (fetched) setSeen(now => new Map(now).set(fetched.spanId, fetched))
  }, [fetched])

  const span = first?.spanId === chosenId ? first : (chosenId && seen.get(chosenId)) || null
  const missing = span === null ? chosenId : null
  const { startedMs, lastEndMs, traceId } = trace
  useEffect(() => {
    if (!missing) return
    const path = `/p/${projectId}/traces/${traceId}/spans/${missing}?from=${Math.floor(startedMs)}&to=${Math.ceil(lastEndMs)}`
    const timer = setTimeout(() => load(path), restMs)
    return () => clearTimeout(timer)
  }, [missing, load, projectId, traceId, startedMs, lastEndMs])

  const choose = useCallback(
    (spanId: string) =>
      setParams(
        now => {
          now.set('span', spanId)
          return now
        },
        { replace: true, preventScrollReset: true },
      ),
    [setParams],
  )
  return { chosenId, span, choose, loading: missing !== null }
}

const root = ({ parentSpanId }: { parentSpanId: string }) => parentSpanId === ''
