import type { IncomingHttpHeaders } from 'node:http'

const withPort = /(?:\[([\da-f:.]{2,45})\](?::\d{1,5})?|(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5})(?=\s*(?:,|$))/gi

/** Some reverse proxies tell the port of their client too, with which every connection would look like another client. */
export function plainForwarded({ headers }: { headers: IncomingHttpHeaders }, _response: unknown, next: () => void) {
  const told = headers['x-forwarded-for']
  if (typeof told === 'string')
    headers['x-forwarded-for'] = told.replace(withPort, (_, six?: string, four?: string) => six ?? four ?? '')
  next()
}
