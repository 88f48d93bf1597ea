import { createTransport } from 'nodemailer'

export type Letter = {
  to: string[]
  subject: string
  text: string
  html: string
  /** Without angle brackets; a new one by itself. What a letter answers makes a thread. */
  messageId?: string
  references?: string
}
export type Mail = { send(letter: Letter): Promise<{ rejected: string[] }>; close(): void }

/** A mail server, as SMTP_URL gives it. Errors are nodemailer's, with the server's `responseCode`. */
export function openMail({ url, from, timeoutMs = 15_000 }: { url: string; from: string; timeoutMs?: number }): Mail {
  const limits = { connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs }
  const transport = createTransport({ url, ...limits, disableFileAccess: true, disableUrlAccess: true })
  return {
    async send({ messageId, references, ...letter }) {
      const thread = references ? { inReplyTo: `<${references}>`, references: `<${references}>` } : {}
      const sent = await transport.sendMail({
        ...letter,
        from,
        ...(messageId && { messageId: `<${messageId}>` }),
        ...thread,
        headers: { 'auto-submitted': 'auto-generated' },
      })
      return { rejected: sent.rejected.map(String) }
    },
    close: () => transport.close(),
  }
}
