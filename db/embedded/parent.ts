type Started = { port: number; stop(): Promise<void> }

/** What a child tells its parent: that it serves, or in one sentence why it cannot. */
export type ChildMessage = { ready: { port: number } } | { failed: string }

/**
 * The child's side of `startChild`: starts when the parent says with what, stops when the parent says so or is gone
 * (the channel closes even when it was killed with -9). Signals are the parent's business: it stops its children last.
 */
export function answerParent(start: (message: unknown) => Promise<Started>) {
  let running: Promise<Started> | undefined
  const stop = async () => {
    process.off('disconnect', stop)
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 8000).unref()
    const started = await running?.catch(() => undefined)
    await started?.stop()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('disconnect', stop)
  process.on('message', message => {
    if (message === 'stop') return void stop()
    running = start(message)
    running.then(
      ({ port }) => tell({ ready: { port } }),
      (error: Error) => tell({ failed: error.message }, () => process.exit(1)),
    )
  })
}

function tell(message: ChildMessage, then = () => {}) {
  if (process.connected) process.send?.(message, undefined, undefined, then)
  else then()
}
