import { afterEach, expect, vi } from 'vitest'

// What ends up on console.error in a test is a fault that nobody asserted.
const spy = vi.spyOn(console, 'error')
afterEach(() => {
  const told = spy.mock.calls.map(call => call.map(String).join(' '))
  spy.mockClear()
  expect(told).toEqual([])
})
