import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Person = { sub: string; email?: string; name?: string }

export type OidcStandIn = {
  issuer: string
  /** Who signs in next; without one, the visitor breaks it off. */
  person: Person | undefined
  /** Whether it hangs, and answers nothing. */
  hangs: boolean
  /** Whether tokens are signed with a key that is not among its own. */
  forges: boolean
  close(): Promise<void>
}

const keys = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** An OpenID Connect provider for tests: whoever comes is `person`, without being asked. */
export async function startOidcStandIn(client: { id: string; secret: string }): Promise<OidcStandIn> {
  const [own, forged] = [keys(), keys()]
  const codes = new Map<string, { nonce: string; person: Person }>()
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const standIn: OidcStandIn = {
    issuer,
    person: undefined,
    hangs: false,
    forges: false,
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    if (standIn.hangs) return
    const url = new URL(request.url ?? '', issuer)
    const json = (value: object, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (url.pathname === '/.well-known/openid-configuration')
      return json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        id_token_signing_alg_values_supported: ['RS256'],
      })
    if (url.pathname === '/jwks') {
      const jwk = createPublicKey(own).export({ format: 'jwk' })
      return json({ keys: [{ ...jwk, kid: 'own', use: 'sig', alg: 'RS256' }] })
    }
    if (url.pathname === '/authorize') {
      const back = new URL(url.searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('state', url.searchParams.get('state') ?? '')
      const code = randomBytes(12).toString('hex')
      if (standIn.person) {
        codes.set(code, { nonce: url.searchParams.get('nonce') ?? '', person: standIn.person })
        back.searchParams.set('code', code)
      } else back.searchParams.set('error', 'access_denied')
      return response.writeHead(302, { location: back.href }).end()
    }
    if (url.pathname === '/token') {
      let text = ''
      for await (const chunk of request) text += chunk
      const asked = new URLSearchParams(text)
      const basic = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString()
      const secret = asked.get('client_secret') ?? basic.split(':')[1]
      const found = codes.get(asked.get('code') ?? '')
      codes.delete(asked.get('code') ?? '')
      if (!found || secret !== client.secret) return json({ error: 'invalid_grant' }, 400)
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: issuer, aud: client.id, iat: now, exp: now + 300, nonce: found.nonce, ...found.person }
      const head = `${base64({ alg: 'RS256', kid: 'own' })}.${base64(claims)}`
      const signature = sign('RSA-SHA256', Buffer.from(head), standIn.forges ? forged : own).toString('base64url')
      return json({
        access_token: randomBytes(8).toString('hex'),
        token_type: 'Bearer',
        id_token: `${head}.${signature}`,
      })
    }
    return json({ error: 'not found' }, 404)
  }
  return standIn
}
