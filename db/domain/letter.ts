/** A line of a letter, with where it leads. */
type Link = { text: string; url?: string }

export const brandColour = '#8a5a00'

/** One column that mail programs without style sheets show as it is meant, in light and dark. */
export function frame({
  colour,
  title,
  body,
  id,
}: {
  colour: string
  title: string
  body: string
  id: string
}): string {
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

export const paragraph = (text: string) => `<p style="margin:0 0 16px">${safe(text)}</p>`

export function buttons(actions: readonly Link[]): string {
  const one = ({ text, url }: Link, at: number) => {
    const look =
      at === 0
        ? 'background:#e3a127;color:#26221b;border-color:#e3a127;'
        : 'background:#ffffff;color:#26221b;border-color:#cfc8bb;'
    return `<a href="${safe(url ?? '')}" style="display:inline-block;margin:0 8px 8px 0;padding:7px 14px;border:1px solid;border-radius:6px;text-decoration:none;font-weight:600;${look}">${safe(text)}</a>`
  }
  return `<p style="margin:20px 0 0">${actions.map(one).join('')}</p>`
}

export const anchor = (text: string, url: string, style = '') =>
  `<a href="${safe(url)}" style="${style}color:#7a4f00">${safe(text)}</a>`
export const safe = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
export const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()
