import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { checkUrl, isPublic, openOutbound } from '../../../db/outbound.ts'

async function listen(handler: Parameters<typeof createServer>[1]) {
  const server = createServer(handler)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const close = () => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  }
  return { port, close }
}

describe('an address', () => {
  it.each([
    ...[
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '127.0.0.1',
      '127.9.9.9',
      '0.0.0.0',
      '169.254.169.254',
      '100.64.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '198.18.0.1',
    ],
    ...[
      '::1',
      '::7f00:1',
      '100:0:0:1::1',
      '::',
      'fe80::1',
      'fe80::1%eth0',
      'fc00::1',
      'fd12:3456::1',
      'ff02::1',
      '::ffff:10.0.0.1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001:db8::1',
    ],
    ...['', 'not-an-address', '999.1.1.1'],
  ])('%s is not public', address => {
    expect(isPublic(address)).toBe(false)
  })
  it.each(['1.1.1.1', '93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '::ffff:1.1.1.1'])(
    '%s is public',
    address => {
      expect(isPublic(address)).toBe(true)
    },
  )
})

describe('a URL', () => {
  it.each([
    ['http://127.0.0.1/x', 'not a public address'],
    ['http://[::1]:8080/', 'not a public address'],
    ['http://0x7f000001/', 'not a public address'],
    ['http://2130706433/', 'not a public address'],
    ['http://127.1/', 'not a public address'],
    ['http://localhost:3000/', 'not a public address'],
    ['http://api.localhost./', 'not a public address'],
    ['ftp://example.com/', 'must begin with'],
    ['file:///etc/passwd', 'must begin with'],
    ['https://user:secret@example.com/', 'user name'],
    ['nonsense', 'not a URL'],
  ])('%s is refused', (url, words) => {
    expect(() => checkUrl(url, { allowPrivate: false })).toThrow(words)
  })
  it('of a private address is taken where a setting allows it', () => {
    expect(checkUrl('http://127.0.0.1:9/x', { allowPrivate: true }).port).toBe('9')
  })
})

describe('a request', () => {
  it('does not go to a name that leads to a private address, even beside a public one', async () => {
    const send = openOutbound({
      allowPrivate: false,
      resolve: async () => [
        { address: '93.184.216.34', family: 4 },
        { address: '10.0.0.7', family: 4 },
      ],
    })
    await expect(send({ url: 'https://hooks.example/x', body: '' })).rejects.toThrow('hooks.example is at 10.0.0.7')
  })

  it('waits no longer for the name than for the rest', async () => {
    const resolve = () => new Promise<never>(() => {})
    const send = openOutbound({ allowPrivate: true, resolve, timeoutMs: 20 })
    await expect(send({ url: 'http://slow.example/x', body: '' })).rejects.toThrow('slow.example was not found in time')
  })

  it('goes to the address that was checked, though the name leads elsewhere a moment later', async () => {
    const reached: string[] = []
    const good = await listen((request, response) => {
      reached.push(request.headers.host ?? '')
      response.end('good')
    })
    // As a rebinding name server does: each question is answered otherwise.
    const answers = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
    let questions = 0
    const resolve = async () => [{ address: answers[questions++] ?? '127.0.0.9', family: 4 }]
    const send = openOutbound({ allowPrivate: true, resolve })
    const answer = await send({ url: `http://rebind.example:${good.port}/x`, body: 'x' })
    expect(answer).toMatchObject({ status: 200, body: 'good' })
    expect(questions).toBe(1)
    expect(reached).toEqual([`rebind.example:${good.port}`])
    await good.close()
  })

  it('is checked anew each time: a name that turned private is refused at the next one', async () => {
    let at = '93.184.216.34'
    const send = openOutbound({ allowPrivate: false, resolve: async () => [{ address: at, family: 4 }], timeoutMs: 1 })
    await expect(send({ url: 'http://rebind.example/', body: '' })).rejects.toThrow(/abort|timeout/i)
    at = '169.254.169.254'
    await expect(send({ url: 'http://rebind.example/', body: '' })).rejects.toThrow(
      '169.254.169.254, which is not a public address',
    )
  })

  it('does not follow a redirect', async () => {
    let calls = 0
    const server = await listen((_request, response) => {
      calls += 1
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end()
    })
    const answer = await openOutbound({ allowPrivate: true })({ url: `http://127.0.0.1:${server.port}/`, body: '' })
    expect(answer.status).toBe(302)
    expect(calls).toBe(1)
    await server.close()
  })

  it('reads at most 64 KB of an answer, and gives up in time on one that never ends', async () => {
    const server = await listen((request, response) => {
      if (request.url === '/slow') return void response.write('x')
      response.write('x'.repeat(500_000))
    })
    const send = openOutbound({ allowPrivate: true, timeoutMs: 500 })
    expect((await send({ url: `http://127.0.0.1:${server.port}/`, body: '' })).body.length).toBe(65_536)
    await expect(send({ url: `http://127.0.0.1:${server.port}/slow`, body: '' })).rejects.toThrow(/abort|timeout/i)
    await server.close()
  })
})
