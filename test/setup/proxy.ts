import { connect, createServer, type Socket } from 'node:net'

/**
 * How a network treats connections: `mute` ends each in the place of its next answer, `swallow` loses answers and leaves
 * whoever waits for them waiting, `cut` ends each after so many bytes were sent through it, `reset` resets each in the place of
 * its answer after so many.
 */
export type Weather = 'fair' | 'refuse' | 'hang' | 'mute' | 'swallow' | { cut: number } | { reset: number }

export type Proxy = { url: string; change(weather: Weather): void; close(): Promise<void> }

/** A TCP proxy in front of a server, whose weather can be changed; what is open when it turns foul is treated so too. */
export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<{ near: Socket; far: Socket }>()
  let weather: Weather = 'fair'

  const server = createServer({ allowHalfOpen: false }, near => {
    near.on('error', () => {})
    if (weather === 'refuse') return near.destroy()
    const far = connect(Number(port), hostname)
    const pair = { near, far }
    const limits: { cut?: number; reset?: number } = typeof weather === 'object' ? weather : {}
    let { cut: left = Number.POSITIVE_INFINITY, reset: answers = Number.POSITIVE_INFINITY } = limits
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) socket.on('error', end).on('close', end)
    near.on('data', bytes => {
      if (weather === 'hang') return
      far.write(bytes.subarray(0, left))
      left -= bytes.length
      if (left <= 0) end()
    })
    far.on('data', bytes => {
      if (weather === 'mute') return end()
      if (answers-- === 0) return near.resetAndDestroy()
      if (weather !== 'hang' && weather !== 'swallow') near.write(bytes)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  const url = new URL(target)
  url.host = `127.0.0.1:${address.port}`
  const drop = () => {
    for (const { near } of pairs) near.destroy()
  }
  return {
    url: url.href,
    change(next) {
      // What was swallowed while it hung never comes: such a connection is of no use any more.
      if (next === 'refuse' || weather === 'hang' || typeof next === 'object') drop()
      weather = next
    },
    close() {
      drop()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
