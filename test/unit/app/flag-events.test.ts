import { EventEmitter } from 'node:events'
import type { Request, Response } from 'express'
import { expect, it, vi } from 'vitest'
import { openFlagEvents } from '../../../app/ofrep/flag-events.ts'
import { openSeats } from '../../../db/seats.ts'
import type { Services } from '../../../db/services.ts'
import { signStreamToken } from '../../../db/stream-token.ts'

const secret = 'a secret of the tests, of enough characters'

it('a reader who left while its key was looked up is followed by nobody', async () => {
  let answer = (_rows: unknown[]) => {}
  const rows = new Promise<unknown[]>(resolve => {
    answer = resolve
  })
  const postgres = { orm: { select: () => ({ from: () => ({ where: () => rows }) }) } }
  const flags = { version: 1, onChange: vi.fn() }
  const stream = openFlagEvents({ flags, postgres, secret } as unknown as Services)
  const token = signStreamToken({ projectId: 'p1', keyId: 'key_1' }, secret)
  const response = Object.assign(new EventEmitter(), {
    closed: false,
    write: vi.fn(),
    setHeader: vi.fn(),
    status: vi.fn(),
    flushHeaders: vi.fn(),
  })
  const request = { query: { token }, ip: '192.0.2.1', get: () => undefined }
  const served = stream(request as unknown as Request, response as unknown as Response)
  response.closed = true
  response.emit('close')
  answer([{ id: 'key_1' }])
  await served
  expect(response.listenerCount('close')).toBe(0)
  expect(response.write).not.toHaveBeenCalled()
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
