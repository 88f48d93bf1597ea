import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

export type Product = {
  url: string
  otlpUrl: string
  dataDir: string
  env: NodeJS.ProcessEnv
  pid: number
  /** All that it printed so far. */
  output(): string
  /** Resolves with the exit code once the process has ended. */
  ended: Promise<number | null>
  /** Sends a signal and answers how long it took to end, in ms. */
  stop(signal?: NodeJS.Signals): Promise<number>
  /** Waits until the output matches, or fails when the process ends or the time is up. */
  until(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>
}

/** What it prints, on a terminal or as JSON, when all is ready: the one URL to open. */
export const readyLine = /Open (http:[^\s"]+)/

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

export function temporaryDir(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'davylamp-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Where `npm test` has compiled code kept, so that what is started often starts quickly. */
export const compileCache: Record<string, string> = process.env.NODE_COMPILE_CACHE
  ? { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }
  : {}

/** The environment of a child process, without any key, URL or proxy of the machine the tests run on. */
export const cleanEnv = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  NODE_ENV: 'production',
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  ...compileCache,
  ...more,
})

/** Starts `node main.ts` as a user would, on free ports. */
export async function startProduct(options: {
  dataDir: string
  roles?: string[]
  env?: Record<string, string>
  /** A command that starts the command that follows it. */
  through?: string[]
}): Promise<Product> {
  const [web, otlp, grpc] = [await freePort(), await freePort(), await freePort()]
  const env = cleanEnv({
    DATA_DIR: options.dataDir,
    PORT: String(web),
    OTLP_HTTP_PORT: String(otlp),
    OTLP_GRPC_PORT: String(grpc),
    ...options.env,
  })
  const [command = '', ...args] = [...(options.through ?? []), process.execPath, 'main.ts', ...(options.roles ?? [])]
  const child = spawn(command, args, { cwd: root, env })
  return follow(child, {
    url: `http://localhost:${env.PORT}`,
    otlpUrl: `http://localhost:${env.OTLP_HTTP_PORT}`,
    dataDir: options.dataDir,
    env,
  })
}

function follow(child: ChildProcess, facts: Pick<Product, 'url' | 'otlpUrl' | 'dataDir' | 'env'>): Product {
  let text = ''
  const waiting = new Set<() => void>()
  const take = (chunk: Buffer) => {
    text += chunk.toString()
    for (const look of waiting) look()
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)))
  return {
    ...facts,
    pid: child.pid ?? -1,
    output: () => text,
    ended,
    async stop(signal = 'SIGTERM') {
      const began = performance.now()
      child.kill(signal)
      await ended
      return performance.now() - began
    },
    until: (pattern, timeoutMs = 60_000) =>
      new Promise((resolve, reject) => {
        const settle = (finish: () => void) => {
          clearTimeout(timer)
          waiting.delete(look)
          finish()
        }
        const look = () => {
          const match = text.match(pattern)
          if (match) settle(() => resolve(match))
        }
        const late = () =>
          settle(() => reject(new Error(`${pattern} was not printed within ${timeoutMs} ms:\n${text}`)))
        const timer = setTimeout(late, timeoutMs)
        waiting.add(look)
        ended.then(code =>
          settle(() => reject(new Error(`ended with ${code} before ${pattern} was printed:\n${text}`))),
        )
        look()
      }),
  }
}

/** The processes whose command line names the data directory: the embedded stores and what they started. */
export async function processesUsing(dataDir: string): Promise<number[]> {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(dataDir)
      } catch {
        return false
      }
    })
    .map(Number)
    .filter(pid => pid !== process.pid)
}
