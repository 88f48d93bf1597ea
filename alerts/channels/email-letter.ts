import { headline, subjectOf, type Told } from '../../db/domain/incident.ts'
import type { Letter } from '../mail.ts'
import { clamp, type Line, type Links, listsOf, summaryOf, titleOf } from '../words.ts'
import type { Sending } from './channel.ts'

type Written = Pick<Letter, 'subject' | 'text' | 'html'>

/** Subject, text and HTML of a letter. The subject stays the same within an incident, as threads want it. */
export function letterOf(sending: Sending, links: Links): Written {
  if (sending.kind === 'incident') return incidentLetter(sending.told, links, sending.id)
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

const colours = { bad: '#b3261e', warn: '#b26a00', good: '#1b7f4b', test: '#8a5a00' }
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

/** One column that mail programs without style sheets show as it is meant, in light and dark. */
function frame({ colour, title, body, id }: { colour: string; title: string; body: string; id: string }): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light"><title>${safe(title)}</title></head>
<body style="margin:0;background:#f6f4f0;color:#26221b;font:14px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border:1px solid #e0dbd1;border-radius:6px">
<tr><td style="height:4px;background:${colour};border-radius:6px 6px 0 0;font-size:0">&nbsp;</td></tr>
<tr><td style="padding:20px 24px 24px;overflow-wrap:anywhere">
<h1 style="margin:0 0 8px;font-size:18px;line-height:1.35;color:${colour}">${safe(title)}</h1>
${body}
<p style="margin:24px 0 0;color:#756e62;font-size:12px">${safe(id)}</p>
</td></tr></table></td></tr></table></body></html>`
}

const paragraph = (text: string) => `<p style="margin:0 0 16px">${safe(text)}</p>`

function list({ heading, lines }: { heading: string; lines: Line[] }): string {
  const items = lines.map(({ text, url }) => `<li style="margin:2px 0">${url ? anchor(text, url) : safe(text)}</li>`)
  return `<h2 style="margin:16px 0 4px;font-size:13px;color:#5b554c">${safe(heading)}</h2><ul style="margin:0;padding-left:18px">${items.join('')}</ul>`
}

function buttons(actions: Line[]): string {
  const one = ({ text, url }: Line, at: number) => {
    const look =
      at === 0
        ? 'background:#e3a127;color:#26221b;border-color:#e3a127;'
        : 'background:#ffffff;color:#26221b;border-color:#cfc8bb;'
    return `<a href="${safe(url ?? '')}" style="display:inline-block;margin:0 8px 8px 0;padding:7px 14px;border:1px solid;border-radius:6px;text-decoration:none;font-weight:600;${look}">${safe(text)}</a>`
  }
  return `<p style="margin:20px 0 0">${actions.map(one).join('')}</p>`
}

const anchor = (text: string, url: string, style = '') =>
  `<a href="${safe(url)}" style="${style}color:#7a4f00">${safe(text)}</a>`
const safe = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()
