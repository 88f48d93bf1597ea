import { createServer, type IncomingMessage } from 'node:http'

export type Caught = { path: string; headers: Record<string, string>; body: string; at: number }
export type Answer = {
  status: number
  headers?: Record<string, string>
  body?: string /** Ends the connection instead. */
  drop?: boolean
}
export type Handler = (caught: Caught) => Answer | Promise<Answer>
export type Catcher = {
  url: string
  port: number
  caught: Caught[]
  handle(handler: Handler): void
  close(): Promise<void>
}

/** An HTTP server that keeps what it is sent and answers by a handler: 200 unless told. */
export async function startCatcher(first: Handler = () => ({ status: 200, body: 'ok' })): Promise<Catcher> {
  const caught: Caught[] = []
  let handler = first
  const server = createServer(async (request, response) => {
    const one = { path: request.url ?? '', headers: plain(request), body: await read(request), at: Date.now() }
    caught.push(one)
    const answer = await handler(one)
    if (answer.drop) return void request.socket.destroy()
    response.writeHead(answer.status, answer.headers)
    response.end(answer.body ?? '')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    caught,
    handle: next => {
      handler = next
    },
    close: () => {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

const plain = ({ headers }: IncomingMessage) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
