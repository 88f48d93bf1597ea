import { describe, expect, it } from 'vitest'
import { openSealed, runWebhookSecret, seal } from '../../../db/sealed.ts'

const [now, before] = ['n'.repeat(40), 'b'.repeat(40)]

describe('a sealed text', () => {
  it('opens with the secret that sealed it, for the row it was sealed for', () => {
    const sealed = seal('xoxb-1-ä', now, 'ch_1')
    expect(sealed).not.toContain('xoxb')
    expect(openSealed(sealed, [now], 'ch_1')).toBe('xoxb-1-ä')
    expect(() => openSealed(sealed, [now], 'ch_2')).toThrow('altered, or belongs to another row')
  })

  it('still opens after the secret was changed, as long as the old one is named', () => {
    const sealed = seal('hush', before, 'ch_1')
    expect(openSealed(sealed, [now, before], 'ch_1')).toBe('hush')
    expect(() => openSealed(sealed, [now], 'ch_1')).toThrow('DAVYLAMP_OLD_SECRETS')
  })

  it('is refused when a byte of it was changed', () => {
    const sealed = seal('hush', now, 'ch_1')
    const last = sealed.at(-3) === 'A' ? 'B' : 'A'
    expect(() => openSealed(`${sealed.slice(0, -3)}${last}${sealed.slice(-2)}`, [now], 'ch_1')).toThrow('altered')
    expect(() => openSealed('v9.x.y.z', [now], 'ch_1')).toThrow('does not know')
  })

  it('never looks the same twice', () => {
    expect(seal('hush', now, 'ch_1')).not.toBe(seal('hush', now, 'ch_1'))
  })
})

it('gives each project a secret of its own for run webhooks', () => {
  expect(runWebhookSecret(now, 'p1')).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/)
  expect(runWebhookSecret(now, 'p1')).toBe(runWebhookSecret(now, 'p1'))
  expect(runWebhookSecret(now, 'p1')).not.toBe(runWebhookSecret(now, 'p2'))
})
