import { describe, expect, it } from 'vitest'
import { findMedia, mediaToken, readMediaToken } from '../../../db/domain/media.ts'
import { readMessages } from '../../../db/domain/messages.ts'
import { viewOfPayloads } from '../../../db/domain/payload-view.ts'
import { span } from '../../factories.ts'

const file = (beginning: Buffer, size = 3_000) => Buffer.concat([beginning, Buffer.alloc(size, 7)]).toString('base64')
const png = file(Buffer.from('89504e470d0a1a0a', 'hex'))
const riff = (kind: string) => file(Buffer.from(`RIFF\x01\x02\x03\x04${kind}`, 'latin1'))
const nothing = span({})

describe('media in a text', () => {
  it.each([
    ['a PNG', png, 'image/png'],
    ['a JPEG', file(Buffer.from('ffd8ffe0', 'hex')), 'image/jpeg'],
    ['a GIF', file(Buffer.from('GIF89a')), 'image/gif'],
    ['a WebP', riff('WEBP'), 'image/webp'],
    ['a WAV', riff('WAVE'), 'audio/wav'],
    ['a PDF', file(Buffer.from('%PDF-1.7')), 'application/pdf'],
  ])('%s is known by its first bytes', (_, base64, type) => {
    const [media] = findMedia(`{"data":"${base64}"}`)
    expect(media).toMatchObject({ type, from: 9, to: 9 + base64.length })
    expect(Buffer.from(base64, 'base64').length - (media?.bytes ?? 0)).toBeLessThan(3)
  })

  it.each([
    ['a long word', 'a'.repeat(5_000)],
    ['another RIFF file', riff('AVI ')],
    ['a small icon', file(Buffer.from('89504e470d0a1a0a', 'hex'), 50)],
    ['a page of HTML', file(Buffer.from('<html><script>'))],
  ])('%s is none', (_, text) => {
    expect(findMedia(`x ${text} y`)).toEqual([])
  })

  it('a data URL of another kind is one, of no type that is shown, whatever it says', () => {
    const text = `see data:image/svg+xml;base64,${file(Buffer.from('<svg onload="x">'))} there`
    expect(findMedia(text)).toMatchObject([{ from: 4, type: 'application/octet-stream' }])
  })

  it('megabytes are looked through at once', () => {
    const began = performance.now()
    findMedia(`${'b'.repeat(511)} `.repeat(20_000))
    expect(performance.now() - began).toBeLessThan(3_000)
  })
})

it('what stands for media is read back, and nothing else is', () => {
  const token = { field: 'input', at: 3, type: 'image/png', bytes: 120_000 }
  expect(readMediaToken(mediaToken(token))).toEqual(token)
  for (const text of ['', 'davylamp-media:', 'davylamp-media:input:x:image/png:1', `${mediaToken(token)}"><script>`])
    expect(readMediaToken(text)).toBeUndefined()
})

describe('a message with an image shows it, as every library writes it', () => {
  it.each<[string, object]>([
    ['OpenAI', { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }],
    ['OpenAI responses', { type: 'input_image', image_url: `data:image/png;base64,${png}` }],
    ['Anthropic', { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }],
    ['OpenTelemetry', { type: 'blob', modality: 'image', mime_type: 'image/png', content: png }],
    ['Gemini', { inlineData: { mimeType: 'image/png', data: png } }],
    ['Vercel', { type: 'image', image: png, mediaType: 'image/png' }],
  ])('%s', (_, part) => {
    const text = { type: 'text', text: 'What is this?', content: 'What is this?' }
    const input = JSON.stringify([
      { role: 'user', [part.constructor && 'modality' in part ? 'parts' : 'content']: [text, part] },
    ])
    const { input: shown, cuts } = viewOfPayloads({ ...nothing, input })
    expect(cuts).toEqual({})
    expect(shown.length).toBeLessThan(400)
    const parts = readMessages(shown, 'user')[0]?.parts
    expect(parts?.[0]).toMatchObject({ type: 'text', text: 'What is this?' })
    const image = parts?.[1]
    expect(image?.type === 'media' && readMediaToken(image.url)).toMatchObject({
      field: 'input',
      at: 0,
      type: 'image/png',
    })
  })
})

describe('a payload of many characters', () => {
  it('stays messages, its long texts cut each by itself, and tells how long it is', () => {
    const input = JSON.stringify([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'p'.repeat(10_000_000) },
    ])
    const { input: shown, cuts } = viewOfPayloads({ ...nothing, input })
    expect(cuts).toEqual({ input: input.length })
    expect(shown.length).toBeLessThan(20_000)
    expect(readMessages(shown, 'user').map(({ role }) => role)).toEqual(['system', 'user'])
  })

  it('that is plain, or a list without end, shows its beginning', () => {
    for (const output of ['x'.repeat(1_000_000), JSON.stringify(Array.from({ length: 200_000 }, (_, at) => at))]) {
      const view = viewOfPayloads({ ...nothing, output })
      expect(view.output.startsWith(output.slice(0, 65_536))).toBe(true)
      expect(view.output.slice(65_536)).toBe(`… (cut here, of ${output.length.toLocaleString('en')} characters)`)
      expect(view.cuts.output).toBe(output.length)
    }
  })

  it('of fewer is left as it is', () => {
    const short = { ...nothing, input: 'x'.repeat(200_000), attributes: { a: JSON.stringify('y'.repeat(16_000)) } }
    expect(viewOfPayloads(short)).toEqual({ ...short, cuts: {} })
  })

  it('in an attribute, an event or the status is cut there, as JSON, and the attribute tells how long it is', () => {
    const long = JSON.stringify('z"'.repeat(1_000_000))
    const events = [{ name: 'e', timeNs: 1n, attributes: { long, short: '1' } }]
    const shown = viewOfPayloads({ ...nothing, attributes: { long }, resource: { long }, events, statusMessage: long })
    expect(shown.cuts).toEqual({ 'attributes.long': long.length })
    for (const value of [shown.attributes.long, shown.resource.long, shown.events[0]?.attributes.long])
      expect(JSON.parse(value ?? '')).toMatch(/^(z")+… \(cut here, of 2,000,000 characters\)$/)
    expect([shown.statusMessage.length < 17_000, shown.events[0]?.attributes.short]).toEqual([true, '1'])
  })
})
