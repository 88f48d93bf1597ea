import { EventEmitter } from 'node:events'
import type { Request, Response } from 'express'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openFlagEvents } from '../../../app/ofrep/flag-events.ts'
import { openSeats } from '../../../db/seats.ts'
import type { Services } from '../../../db/services.ts'
import { signStreamToken } from '../../../db/stream-token.ts'

const secret = 'a secret of the tests, of enough characters'

const token = signStreamToken({ projectId: 'p1', keyId: 'key_1' }, secret)

/** A stream over a database that gives these answers, one after the other. */
function open(...answers: (() => Promise<unknown[]>)[]) {
  const where = vi.fn(() => answers.shift()?.())
  const postgres = { orm: { select: () => ({ from: () => ({ where }) }) } }
  const stream = openFlagEvents({
    flags: { version: 1, onChange: vi.fn() },
    postgres,
    secret,
  } as unknown as Services)
  const serve = (response: Response) => {
    const request = { query: { token }, ip: '192.0.2.1', get: () => undefined }
    return stream(request as unknown as Request, response)
  }
  return { serve, where }
}

function reader() {
  const response = Object.assign(new EventEmitter(), {
    closed: false,
    writableLength: 0,
    write: vi.fn(),
    end: vi.fn(() => response.emit('close')),
    setHeader: vi.fn(),
    status: vi.fn(),
    flushHeaders: vi.fn(),
  })
  return response as unknown as Response & typeof response
}

const live = async () => [{ id: 'key_1' }]
const revoked = async () => []
const away = async () => {
  throw new Error('away')
}

it('a reader who left while its key was looked up is followed by nobody', async () => {
  let answer = (_rows: unknown[]) => {}
  const rows = new Promise<unknown[]>(resolve => {
    answer = resolve
  })
  const response = reader()
  const served = open(() => rows).serve(response)
  response.closed = true
  response.emit('close')
  answer([{ id: 'key_1' }])
  await served
  expect(response.listenerCount('close')).toBe(0)
  expect(response.write).not.toHaveBeenCalled()
})

it('the streams of a key end once it is revoked, which is asked once for all of them', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const [first, second] = [reader(), reader()]
  // Both come; all is well; the database is away; the key is revoked.
  const { serve, where } = open(live, live, live, away, revoked)
  await Promise.all([serve(first), serve(second)])
  await vi.advanceTimersByTimeAsync(30_000)
  expect([first.end, second.end].map(end => end.mock.calls.length)).toEqual([0, 0])
  expect(where).toHaveBeenCalledTimes(4)
  await vi.advanceTimersByTimeAsync(15_000)
  expect([first.end, second.end].map(end => end.mock.calls.length)).toEqual([1, 1])
  expect(where).toHaveBeenCalledTimes(5)
  expect(vi.getTimerCount()).toBe(1)
})

it('seats are for so many of one and of all, and are free again', () => {
  const seats = openSeats({ each: 2, all: 3 })
  const [a, b] = [seats.take('ada'), seats.take('ada')]
  expect([a, b].every(Boolean)).toBe(true)
  expect(seats.take('ada')).toBeUndefined()
  expect(seats.take('bob')).toBeDefined()
  expect(seats.take('eve')).toBeUndefined()
  a?.()
  b?.()
  expect([seats.take('ada'), seats.take('eve'), seats.take('eve')].map(Boolean)).toEqual([true, true, false])
})
