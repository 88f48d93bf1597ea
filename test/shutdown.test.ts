import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** Runs a process that stops the given way, does `act` once it is up, and answers how it ended. */
async function run(stop: string, act: (kill: (signal: NodeJS.Signals) => void) => unknown, then = '') {
  const program = `
    const { onShutdown } = await import('./db/shutdown.ts')
    const { createLogger } = await import('./db/log.ts')
    onShutdown(async () => { ${stop} }, createLogger())
    setInterval(() => {}, 1000)
    console.log('up')
    ${then}`
  const cwd = join(import.meta.dirname, '..')
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += chunk
    })
  }
  const ended = once(child, 'close')
  await expect.poll(() => output, { timeout: 10_000 }).toContain('up')
  await act(signal => child.kill(signal))
  const [code] = await ended
  return { code, output }
}

const slowly = `console.log('stopping'); await new Promise(resolve => setTimeout(resolve, 60_000))`

it.each(['SIGTERM', 'SIGINT'] as const)('stops in order at %s and ends with 0', async signal => {
  const { code, output } = await run(`console.log('stopped')`, kill => kill(signal))
  expect({ code, output }).toEqual({ code: 0, output: 'up\nstopped\n' })
})

it('ends at once at a second signal', async () => {
  const { code } = await run(slowly, async kill => {
    kill('SIGTERM')
    await new Promise(resolve => setTimeout(resolve, 200))
    kill('SIGTERM')
  })
  expect(code).toBe(130)
})

it('ends within 5 s when a part does not stop, and says so', async () => {
  const { code, output } = await run(slowly, kill => kill('SIGTERM'))
  expect(code).toBe(1)
  expect(output).toMatch(/not everything stopped within 5 s/)
})

it('logs what nobody caught, stops, and ends with 1', async () => {
  for (const fault of [`setTimeout(() => { throw new Error('lost') })`, `Promise.reject(new Error('lost'))`]) {
    const { code, output } = await run(`console.log('stopped')`, () => {}, fault)
    expect(code).toBe(1)
    expect(output).toMatch(/lost/)
    expect(output).toMatch(/stopped/)
  }
})
