import { useRevalidator } from '@remix-run/react'
import { useEffect, useRef, useState } from 'react'
import { isTerminal, parseRunEvent, type RunEvent, runEventTypes } from '../../../db/domain/run.ts'
import { foldEvents, hasEnded, type RunView } from './run-view.ts'

export type Connection = 'ended' | 'connecting' | 'open' | 'lost'

/**
 * The run's view, going on from what the server rendered: events come by EventSource after its last seq, and are
 * folded in once a frame, so that a burst of tokens costs one render.
 */
export function useRunStream(projectId: string, runId: string, first: RunView) {
  const [view, setView] = useState(first)
  const [connection, setConnection] = useState<Connection>(hasEnded(first.status) ? 'ended' : 'connecting')
  const from = useRef(first.seq)
  const ended = hasEnded(first.status)

  useEffect(() => {
    if (ended) return
    const source = new EventSource(`/v1/runs/${runId}/stream?project=${projectId}&after=${from.current}`)
    let waiting: RunEvent[] = []
    let frame = 0
    const flush = () => {
      frame = 0
      const events = waiting
      waiting = []
      setView(now => foldEvents(now, events))
    }
    const take = (message: MessageEvent<string>) => {
      const event = parseRunEvent(parse(message.data))
      if (!event) return
      from.current = Math.max(from.current, event.seq)
      waiting.push(event)
      frame ||= requestAnimationFrame(flush)
      if (isTerminal(event.type)) {
        source.close()
        setConnection('ended')
      }
    }
    source.onopen = () => setConnection('open')
    source.onerror = () => setConnection(now => (now === 'ended' ? now : 'lost'))
    source.onmessage = take
    for (const type of runEventTypes) if (type !== 'error') source.addEventListener(type, take)
    // `error` is also what the browser calls a lost connection: only those with data are ours.
    source.addEventListener('error', event => event instanceof MessageEvent && take(event))
    return () => {
      source.close()
      cancelAnimationFrame(frame)
    }
  }, [projectId, runId, ended])

  const { revalidate } = useRevalidator()
  const endedHere = hasEnded(view.status) && !ended
  useEffect(() => {
    if (endedHere) revalidate()
  }, [endedHere, revalidate])

  return { view, connection }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
