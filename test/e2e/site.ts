import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Site = { url: string; close(): Promise<void> }

/** A web site of another origin than the product's: each path's content, with its type by its ending. */
export async function startSite(pages: Record<string, string>, headers: Record<string, string> = {}): Promise<Site> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname
    const content = pages[path]
    if (content === undefined) return void response.writeHead(path === '/favicon.ico' ? 204 : 404).end()
    const type = path.endsWith('.js') ? 'text/javascript' : 'text/html'
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, ...headers }).end(content)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
