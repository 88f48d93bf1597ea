import { headline, subjectOf, type Told } from '../../db/domain/incident.ts'
import { anchor, brandColour, buttons, frame, oneLine, paragraph, safe } from '../../db/domain/letter.ts'
import { guardrailLine, rampTitle, type ToldRamp } from '../../db/domain/ramp-told.ts'
import type { Letter } from '../../db/mail.ts'
import { clamp, type Line, type Links, listsOf, rampSummary, summaryOf, titleOf } from '../words.ts'
import type { Sending } from './channel.ts'

type Written = Pick<Letter, 'subject' | 'text' | 'html'>

/** Subject, text and HTML of a letter. The subject stays the same within an incident, as threads want it. */
export function letterOf(sending: Sending, links: Links): Written {
  if (sending.kind === 'incident') return incidentLetter(sending.told, links, sending.id)
  if (sending.kind === 'ramp') return rampLetter(sending.told, links, sending.id)
  if (sending.kind === 'digest') return digestLetter(sending.all, links, sending.id)
  const text = `Davylamp can write to this address. Alerts of ${sending.projectName} will come here.`
  return {
    subject: `[Davylamp] A test from ${clamp(sending.projectName, 100)}`,
    text,
    html: frame({
      colour: colours.test,
      title: 'Davylamp can write to this address',
      body: paragraph(text),
      id: sending.id,
    }),
  }
}

const colours = { bad: '#b3261e', warn: '#b26a00', good: '#1b7f4b', test: brandColour }
const colourOf = ({ kind, severity }: Told) =>
  kind === 'resolved' ? colours.good : severity === 'page' ? colours.bad : colours.warn

function incidentLetter(told: Told, links: Links, id: string): Written {
  const lists = listsOf(told, links)
  const open = links.incident(told.incidentId)
  const actions: Line[] = [
    { text: 'Open the incident', url: open },
    { text: 'See the traces', url: links.traces(told) },
    ...(told.kind === 'resolved' ? [] : [{ text: 'Silence', url: links.silence(told.incidentId) }]),
  ]
  const textLists = lists.map(({ heading, lines }) =>
    [heading, ...lines.map(({ text, url }) => `- ${text}${url ? `\n  ${url}` : ''}`)].join('\n'),
  )
  const text = [
    titleOf(told),
    summaryOf(told),
    ...textLists,
    actions.map(({ text, url }) => `${text}: ${url}`).join('\n'),
    `${told.projectName} · ${told.ruleName} · ${id}`,
  ].join('\n\n')
  const body = paragraph(summaryOf(told)) + lists.map(list).join('') + buttons(actions)
  const subject = `${told.kind === 'opened' ? '' : 'Re: '}[${clamp(told.projectName, 60)}] ${clamp(headline(told), 160)}`
  return {
    subject: oneLine(subject),
    text,
    html: frame({
      colour: colourOf(told),
      title: titleOf(told),
      body,
      id: `${told.projectName} · ${told.ruleName} · ${id}`,
    }),
  }
}

function rampLetter(told: ToldRamp, links: Links, id: string): Written {
  const [title, summary] = [rampTitle(told), rampSummary(told)]
  const numbers = { heading: 'Control → canary', lines: told.guardrails.map(one => ({ text: guardrailLine(one) })) }
  const actions: Line[] = [
    { text: 'Open the flag', url: links.flag(told.flag) },
    { text: 'See the traces of the canary', url: links.canary(told.flag) },
  ]
  const foot = `${told.projectName} · revision ${told.revision} · ${id}`
  const text = [
    title,
    summary,
    [numbers.heading, ...numbers.lines.map(line => `- ${line.text}`)].join('\n'),
    actions.map(({ text, url }) => `${text}: ${url}`).join('\n'),
    foot,
  ].join('\n\n')
  return {
    subject: oneLine(`[${clamp(told.projectName, 60)}] ${clamp(title, 160)}`),
    text,
    html: frame({
      colour: told.did === 'rolled back' ? colours.warn : colours.good,
      title,
      body: paragraph(summary) + list(numbers) + buttons(actions),
      id: foot,
    }),
  }
}

function digestLetter(all: Told[], links: Links, id: string): Written {
  const project = all[0]?.projectName ?? ''
  const title = `${all.length} alerts in ${project}`
  const rows = all.map(told => ({ text: titleOf(told), detail: summaryOf(told), url: links.incident(told.incidentId) }))
  const text = [title, ...rows.map(row => `${row.text}\n${row.detail}\n${row.url}`), id].join('\n\n')
  const items = rows.map(
    row =>
      `<tr><td style="padding:10px 0;border-top:1px solid #e6e1d8">${anchor(row.text, row.url, 'font-weight:600;')}<br><span style="color:#5b554c">${safe(row.detail)}</span></td></tr>`,
  )
  const subjects = [...new Set(all.map(subjectOf))].slice(0, 2).join(', ')
  const worst = all.some(told => told.severity === 'page' && told.kind !== 'resolved') ? colours.bad : colours.warn
  return {
    subject: oneLine(`[${clamp(project, 60)}] ${all.length} alerts: ${clamp(subjects, 120)}`),
    text,
    html: frame({
      colour: worst,
      title,
      body: `<table role="presentation" width="100%" cellpadding="0" cellspacing="0">${items.join('')}</table>`,
      id,
    }),
  }
}

function list({ heading, lines }: { heading: string; lines: Line[] }): string {
  const items = lines.map(({ text, url }) => `<li style="margin:2px 0">${url ? anchor(text, url) : safe(text)}</li>`)
  return `<h2 style="margin:16px 0 4px;font-size:13px;color:#5b554c">${safe(heading)}</h2><ul style="margin:0;padding-left:18px">${items.join('')}</ul>`
}
