import { brandColour, buttons, frame, oneLine, paragraph } from './domain/letter.ts'
import type { Letter } from './mail.ts'

type Written = Pick<Letter, 'subject' | 'text' | 'html'>

type Invitation = { project: string; role: string; by: string; link: string; days: number }

/** The letter that brings an invitation's link. */
export function inviteLetter({ project, role, by, link, days }: Invitation): Written {
  const title = `${by} invites you into ${project}`
  const lead = `Davylamp shows what AI features do, and when they become worse. You would be ${role} in the project ${project}.`
  return written({ title, lead, action: 'Accept', link, foot: `The link works once, for ${days} days.` })
}

/** The letter that lets somebody choose a new password. */
export function resetLetter({ link }: { link: string }): Written {
  const lead = 'Somebody, probably you, asked for a new password for this address.'
  const foot = 'The link works once, for one hour. If it was not you, do nothing: the password stays as it is.'
  return written({ title: 'Choose a new password', lead, action: 'Choose a new password', link, foot })
}

function written(parts: { title: string; lead: string; action: string; link: string; foot: string }): Written {
  const { title, lead, action, link, foot } = parts
  const body = paragraph(lead) + buttons([{ text: action, url: link }])
  return {
    subject: oneLine(`[Davylamp] ${title}`),
    text: [lead, `${action}: ${link}`, foot].join('\n\n'),
    html: frame({ colour: brandColour, title, body, id: foot }),
  }
}
