import { afterAll } from 'vitest'
import { startWeb, type WebOptions } from '../../app/server.ts'
import type { Services } from '../../db/services.ts'
import { createSetupToken } from '../../db/setup-token.ts'
import { freshDatabase, testServices } from '../setup/context.ts'

export type Web = { url: string; services: Services }

/** The web role on a free port and a Postgres database of its own, in which nobody has an account yet. */
export async function startTestWeb(
  env: Record<string, string> = {},
  routersOf: (services: Services) => WebOptions['routers'] = () => ({}),
): Promise<Web> {
  const services = await testServices({ DATABASE_URL: await freshDatabase(), ...env })
  const web = await startWeb(services, { routers: routersOf(services) })
  afterAll(() => web.stop())
  return { url: new URL(web.urls[0]!).origin, services }
}

export const owner = {
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  password: 'correct horse battery',
  projectName: 'Support desk',
}

/** A browser without scripts: keeps cookies, sends the origin of its page, follows no redirect by itself. */
export class Visitor {
  readonly url: string
  readonly cookies = new Map<string, string>()
  constructor({ url }: { url: string }) {
    this.url = url
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.keep(await fetch(this.url + path, { redirect: 'manual', headers: { ...this.own(), ...headers } }))
  }

  async post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    const sent = { ...this.own(), origin: this.url, ...headers }
    const body = new URLSearchParams(fields)
    return this.keep(await fetch(this.url + path, { method: 'POST', redirect: 'manual', headers: sent, body }))
  }

  private own(): Record<string, string> {
    return { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
  }

  private keep(response: Response) {
    for (const text of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
      if (value === '' || /max-age=0/i.test(text)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }
}

/** Goes through the first visit; answers the owner's browser and the project. */
export async function firstVisit(web: Web): Promise<{ visitor: Visitor; projectId: string }> {
  const visitor = new Visitor(web)
  const token = (await createSetupToken(web.services.postgres)) ?? ''
  const answer = await visitor.post('/welcome', { ...owner, token })
  const projectId = /^\/p\/(\w+)\/overview$/.exec(answer.headers.get('location') ?? '')?.[1]
  if (!projectId) throw new Error(`the first visit answered ${answer.status}`)
  return { visitor, projectId }
}
