import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readPreferences } from '../../../app/components/preferences.ts'
import { parseForm } from '../../../app/form.ts'
import { keepNewKey, readNewKey } from '../../../app/new-key.server.ts'
import { snippets } from '../../../app/routes/data-in/snippets.ts'
import { changes } from '../../../app/routes/settings-project/changes.ts'
import { loadConfig } from '../../../db/config.ts'

const own = { secret: 'a secret of at least thirty-two letters', config: loadConfig({}) }
const newKey = { projectId: 'p1', key: 'dlk_abcdefabcdef_0123456789012345678901234567890a' }

function cookieOf(config = own.config) {
  const headers = new Headers()
  keepNewKey({ ...own, config }, headers, newKey)
  return headers.get('set-cookie') ?? ''
}
const asking = (cookie: string) => new Request('http://localhost/', { headers: { cookie } })

describe('the cookie that carries a new key to its set-up', () => {
  it('is read back for its project only, with the right secret only', () => {
    const request = asking(`other=1; ${cookieOf().split(';')[0]}; more=2`)
    expect(readNewKey(own, request, 'p1')).toBe(newKey.key)
    expect(readNewKey(own, request, 'p2')).toBeUndefined()
    expect(readNewKey({ ...own, secret: 'another secret of the same length!!' }, request, 'p1')).toBeUndefined()
  })

  it('is hidden from scripts and other projects, and short-lived; over https it stays there', () => {
    expect(cookieOf()).toMatch(/Path=\/p\/p1; Max-Age=1800; HttpOnly; SameSite=Lax$/)
    expect(cookieOf(loadConfig({ PUBLIC_URL: 'https://lamp.example' }))).toMatch(/; Secure$/)
  })

  it.each(['', 'x', 'A'.repeat(60)])('is ignored when it is not ours: %j', value => {
    expect(readNewKey(own, asking(`davylamp_new_key=${value}`), 'p1')).toBeUndefined()
  })
})

describe('a form', () => {
  const schema = z.object({ name: z.string().min(2, 'Too short.'), password: z.string().min(8, 'Too weak.') })
  const filled = (values: Record<string, string>) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(values)) form.set(name, value)
    return form
  }

  it('that is wrong answers one sentence a field and what was typed, without the secret', () => {
    expect(parseForm(schema, filled({ name: 'A', password: 'short' }), ['password'])).toEqual({
      ok: false,
      errors: { name: 'Too short.', password: 'Too weak.' },
      values: { name: 'A' },
    })
  })

  it('that is right answers its values', () => {
    const value = { name: 'Ada', password: 'long enough' }
    expect(parseForm(schema, filled(value))).toEqual({ ok: true, value })
  })
})

describe('preferences', () => {
  it.each([
    ['', { theme: 'system', rail: 'wide' }],
    ['a=b; davylamp_theme=dark; davylamp_rail=narrow', { theme: 'dark', rail: 'narrow' }],
    ['davylamp_theme="><script>', { theme: 'system', rail: 'wide' }],
  ])('of the cookie %j', (cookie, expected) => expect(readPreferences(cookie)).toEqual(expected))
})

describe('the set-up texts', () => {
  it('all carry the key and an address that was given', () => {
    const all = snippets(
      { otlp: 'http://lamp.example:4318', grpc: 'http://lamp.example:4317', api: 'http://lamp.example:3000' },
      'KEY-1',
    )
    for (const { steps } of all) {
      const text = steps.map(step => step.text).join('\n')
      expect(text).toContain('KEY-1')
      expect(text).toMatch(/http:\/\/lamp\.example:(4317|4318|3000)/)
    }
  })
})

describe('changes', () => {
  it('name what differs, from what, to what', () => {
    expect(changes({ a: 1, b: 'x', c: true }, { a: 2, b: 'x', c: true })).toEqual({ a: { from: 1, to: 2 } })
  })
})
