import type { Logger } from './log.ts'

const limitMs = 5_000

/**
 * Runs `stop` once at SIGINT or SIGTERM and exits with 0; a second signal, or five seconds, end the process at once.
 * An error that nobody caught is logged, and the process stops with 1: what state it left is not known.
 */
export function onShutdown(stop: () => Promise<void>, log: Logger): void {
  let stopping = false
  const end = (code: number) => {
    if (stopping) process.exit(code || 130)
    stopping = true
    setTimeout(() => {
      log.error(`not everything stopped within ${limitMs / 1000} s`)
      process.exit(1)
    }, limitMs - 250).unref()
    stop().then(
      () => process.exit(code),
      error => {
        log.error('cannot stop cleanly', { error })
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end(0))
  for (const fault of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(fault, error => {
      log.error(`${fault === 'uncaughtException' ? 'uncaught exception' : 'unhandled rejection'}, stopping`, { error })
      end(1)
    })
  }
}
