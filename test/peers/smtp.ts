import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

export type Smtp = {
  url: string
  letters: ParsedMail[]
  /** What the server says to the next so many letters instead of taking them. */
  refuse(times: number, code: number, words: string): void
  /** Takes the letter and then ends the connection before it says so. */
  dropAfterTaking(times: number): void
  close(): Promise<void>
}

/** A mail server that takes letters for everybody but nobody@..., without TLS. */
export async function startSmtp(): Promise<Smtp> {
  const letters: ParsedMail[] = []
  let refusal = { times: 0, code: 0, words: '' }
  let drops = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    closeTimeout: 500,
    onRcptTo(address, _session, done) {
      done(
        address.address.startsWith('nobody@')
          ? Object.assign(new Error('no such user'), { responseCode: 550 })
          : undefined,
      )
    },
    onData(stream, _session, done) {
      simpleParser(stream).then(letter => {
        if (refusal.times > 0) {
          refusal.times -= 1
          return done(Object.assign(new Error(refusal.words), { responseCode: refusal.code }))
        }
        letters.push(letter)
        if (drops > 0) {
          drops -= 1
          for (const connection of server.connections)
            (connection as unknown as { _socket: { destroy(): void } })._socket.destroy()
          return
        }
        done()
      }, done)
    },
  })
  server.on('error', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    letters,
    refuse: (times, code, words) => {
      refusal = { times, code, words }
    },
    dropAfterTaking: times => {
      drops = times
    },
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
}
