import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLogger } from '../../../db/log.ts'
import { openMonitor } from '../../../db/monitor.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const log = createLogger('error')
const samples = (text: string) => text.split('\n').filter(line => line !== '' && !line.startsWith('#'))

test('a counter counts on, under its labels', async () => {
  const monitor = openMonitor({ log })
  const count = monitor.counts({ name: 'lamps_total', help: 'Lamps.', labels: ['colour'] })
  count({ colour: 'red' }, 2)
  count({ colour: 'a "b"\n\\' }, 1)
  count({ colour: 'red' }, 3)
  const { text, contentType } = await monitor.scrape()
  expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(text).toContain('# TYPE lamps_total counter')
  expect(samples(text)).toEqual(['lamps_total{colour="red"} 5', 'lamps_total{colour="a \\"b\\"\\n\\\\"} 1'])
})

test('a gauge is asked for at each scrape, and what is gone by then is not told again', async () => {
  const monitor = openMonitor({ log })
  let open: [{ status: string }, number][] = [
    [{ status: 'queued' }, 2],
    [{ status: 'running' }, 1],
  ]
  monitor.asks({ name: 'runs', help: 'Runs.', labels: ['status'] }, () => open)
  expect(samples((await monitor.scrape()).text)).toEqual(['runs{status="queued"} 2', 'runs{status="running"} 1'])
  open = [[{ status: 'running' }, 4]]
  expect(samples((await monitor.scrape()).text)).toEqual(['runs{status="running"} 4'])
})

test('what fails or does not answer is left out, and all else is told', async () => {
  const monitor = openMonitor({ log })
  const broken = async (): Promise<never> => {
    throw new Error('the store is down')
  }
  let first = true
  monitor.asks({ name: 'sound', help: 'Sound.' }, () => [[{}, 7]])
  monitor.asks({ name: 'broken', help: 'Broken.' }, () => (first ? [[{}, 1]] : broken()))
  monitor.asks({ name: 'silent', help: 'Silent.' }, () => new Promise(() => {}))
  const all = monitor.scrape()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(samples((await all).text)).toEqual(['sound 7', 'broken 1'])
  first = false
  const rest = monitor.scrape()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(samples((await rest).text)).toEqual(['sound 7'])
})

test('a role that is started again tells its own figure, once', async () => {
  const monitor = openMonitor({ log })
  monitor.asks({ name: 'spool', help: 'Spool.' }, () => [[{}, 1]])
  monitor.asks({ name: 'spool', help: 'Spool.' }, () => [[{}, 2]])
  expect(samples((await monitor.scrape()).text)).toEqual(['spool 2'])
})

test('the figures of the process are told where they are asked for', async () => {
  vi.useRealTimers()
  const { text } = await openMonitor({ log, process: true }).scrape()
  expect(text).toMatch(/^process_cpu_seconds_total \d/m)
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds \d/m)
})
