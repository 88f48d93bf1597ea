import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../log.ts'
import type { ChildMessage } from './parent.ts'

export type ChildOptions = {
  /** What people know it as: "ClickHouse engine". */
  name: string
  module: string
  env: ForkOptions['env']
  /** Its folder, on the command line so that `ps` tells whose process it is. */
  folder: string
  /** What the child needs to know; `port` 0 takes a free one, and a restart takes the same again. */
  start: { port: number } & Record<string, unknown>
  logFile: string
  log: Logger
}
export type Child = { port: number; pid(): number | undefined; stop(): Promise<void> }

const mostCrashes = 5
const steadyAfterMs = 60_000
const startWithinMs = 60_000
const logBytes = 10 * 2 ** 20

/**
 * Starts a module as a child process and keeps it running: after a crash it is started again on the same port, later
 * each time; after too many in a row an error is thrown that ends the process. Throws when the first start fails.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, log, logFile } = options
  let stopping = false
  let crashes = 0
  let current = launch(options)
  let restarting: Promise<void> = Promise.resolve()
  const port = await ready(current, options)
  const start = { ...options.start, port }
  watch(current)

  function watch(child: ChildProcess) {
    const since = Date.now()
    child.once('exit', (code, signal) => {
      if (stopping) return
      crashes = Date.now() - since > steadyAfterMs ? 1 : crashes + 1
      log.warn(`the ${name} ended by itself (${signal ?? `code ${code}`}) and is started again`, { log: logFile })
      restarting = restart()
    })
  }

  async function restart(): Promise<void> {
    if (crashes > mostCrashes) return giveUp()
    await delay(Math.min(5000, 50 * 4 ** (crashes - 1)))
    if (stopping) return
    current = launch(options)
    try {
      await ready(current, { ...options, start })
      watch(current)
      log.info(`the ${name} is back`)
    } catch (error) {
      crashes++
      log.warn(error instanceof Error ? error.message : String(error))
      return restart()
    }
  }

  function giveUp() {
    const error = new Error(`the ${name} ended ${mostCrashes} times in a row; its log ${logFile} may tell why`)
    setImmediate(() => {
      throw error
    })
  }

  async function stop() {
    stopping = true
    if (current.exitCode !== null || current.signalCode !== null) return
    const ended = new Promise(resolve => current.once('exit', resolve))
    if (current.connected) current.send('stop')
    const late = setTimeout(() => current.kill('SIGKILL'), 4000)
    await ended
    clearTimeout(late)
    await restarting
  }

  return { port, pid: () => current.pid, stop }
}

function launch({ module, folder, env, logFile }: ChildOptions): ChildProcess {
  const output = openLog(logFile)
  // Detached: Ctrl-C in a terminal goes to the whole process group, and the stores must outlive the roles.
  // The environment is not inherited, so that keys of other services stay out of the stores.
  const child = fork(module, [folder], { detached: true, env, execArgv: [], stdio: ['ignore', output, output, 'ipc'] })
  closeSync(output)
  return child
}

function ready(child: ChildProcess, { name, start, logFile }: ChildOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`cannot start the ${name}: ${why}`))
    const late = setTimeout(() => {
      fail(`no sign of life within ${startWithinMs / 1000} s; see ${logFile}`)
      child.kill('SIGKILL')
    }, startWithinMs)
    child.once('error', error => fail(error.message))
    child.once('exit', (code, signal) => fail(`it ended with ${signal ?? `code ${code}`}; see ${logFile}`))
    child.once('message', (message: ChildMessage) => {
      if ('ready' in message) resolve(message.ready.port)
      else fail(message.failed)
    })
    child.once('message', () => clearTimeout(late)).once('exit', () => clearTimeout(late))
    child.send(start, () => {})
  })
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true })
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (bytes > logBytes) renameSync(path, `${path}.1`)
  return openSync(path, 'a', 0o600)
}
