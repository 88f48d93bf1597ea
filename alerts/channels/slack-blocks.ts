import type { Told } from '../../db/domain/incident.ts'
import { clamp, type Line, type Links, listsOf, summaryOf, titleOf } from '../words.ts'
import type { Sending } from './channel.ts'

type Text = { type: 'mrkdwn' | 'plain_text'; text: string; emoji?: boolean }
export type Block =
  | { type: 'header'; text: Text }
  | { type: 'section'; text: Text }
  | { type: 'context'; elements: Text[] }
  | { type: 'actions'; elements: { type: 'button'; text: Text; url: string; style?: 'primary' }[] }

/** Slack's limits: characters of a header, a section and a message, blocks, and characters of a URL. */
const limits = { header: 150, section: 3_000, all: 12_500, blocks: 50, url: 3_000 }

/** A message as Slack's blocks; of one that is too long, the last lists go first. */
export function blocksOf(sending: Sending, links: Links): Block[] {
  const foot: Block = { type: 'context', elements: [mrkdwn(`Davylamp · ${sending.id}`)] }
  if (sending.kind === 'incident')
    return withinLimits(incidentBlocks(sending.told, links), [actionsOf(sending.told, links), foot])
  if (sending.kind === 'digest') return withinLimits(digestBlocks(sending.all, links), [foot])
  return [
    section(`Davylamp can write to this channel. Alerts of *${safe(clamp(sending.projectName, 200))}* will come here.`),
    foot,
  ]
}

const marks = { opened: '🔴', reopened: '🔴', escalated: '🚨', resolved: '✅', acknowledged: '👀' }

const markOf = ({ kind, severity }: Told) => (kind === 'opened' && severity === 'warning' ? '🟠' : marks[kind])

function incidentBlocks(told: Told, links: Links): Block[] {
  const lists = listsOf(told, links).map(({ heading, lines }) => section(`*${heading}*\n${linesText(lines)}`))
  return [header(`${markOf(told)} ${titleOf(told)}`), section(safe(summaryOf(told))), ...lists]
}

function digestBlocks(all: Told[], links: Links): Block[] {
  const shown = all.slice(0, 40)
  const more = all.length > shown.length ? [section(`… and ${all.length - shown.length} more`)] : []
  return [
    header(`${all.length} alerts in ${all[0]?.projectName ?? ''}`),
    ...shown.map(told =>
      section(
        `${markOf(told)} ${link(clamp(titleOf(told), 400), links.incident(told.incidentId))}\n${clamp(safe(summaryOf(told)), 500)}`,
      ),
    ),
    ...more,
  ]
}

function actionsOf(told: Told, links: Links): Block {
  const button = (text: string, url: string, style?: 'primary') => ({
    type: 'button' as const,
    text: plain(text),
    url: url.slice(0, limits.url),
    ...(style && { style }),
  })
  const traces = links.traces(told)
  const elements = [button('Open incident', links.incident(told.incidentId), 'primary')]
  if (traces.length <= limits.url) elements.push(button('Traces', traces))
  if (told.kind !== 'resolved') elements.push(button('Silence', links.silence(told.incidentId)))
  return { type: 'actions', elements }
}

function linesText(lines: Line[]): string {
  return lines
    .map(({ text, url }) => `• ${url && url.length < 800 ? link(clamp(text, 300), url) : safe(clamp(text, 300))}`)
    .join('\n')
}

/** Keeps the first blocks that the limits allow, and always the last ones. */
function withinLimits(blocks: Block[], last: Block[]): Block[] {
  const kept: Block[] = []
  let left = limits.all - size(last)
  for (const block of blocks) {
    left -= size([block])
    if (left < 0 || kept.length + last.length >= limits.blocks) break
    kept.push(block)
  }
  return [...kept, ...last]
}

const size = (blocks: Block[]) => JSON.stringify(blocks).length

const header = (text: string): Block => ({
  type: 'header',
  text: plain(clamp(text.replace(/\s+/g, ' '), limits.header)),
})
const section = (text: string): Block => ({
  type: 'section',
  text: mrkdwn(clamp(text, limits.section).replace(/&[a-z]{0,3}…$/, '…')),
})
const plain = (text: string): Text => ({ type: 'plain_text', text, emoji: true })
const mrkdwn = (text: string): Text => ({ type: 'mrkdwn', text })
/** Text that a user gave must not become a mention, a link or an entity. */
export const safe = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const link = (text: string, url: string) => `<${safe(url).replaceAll('|', '%7C')}|${safe(text).replaceAll('|', '/')}>`
