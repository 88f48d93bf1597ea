export type Fields = Record<string, unknown>
export type Logger = {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

const levels = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof levels)[number]

/** One line an event on standard error: words for people on a terminal, JSON when it is piped to a collector. */
export function createLogger(level: Level = 'info', stream: NodeJS.WriteStream = process.stderr): Logger {
  const write = (at: Level) => (message: string, fields?: Fields) => {
    if (levels.indexOf(at) < levels.indexOf(level)) return
    stream.write(stream.isTTY ? forPeople(at, message, fields) : forMachines(at, message, fields))
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

function forPeople(level: Level, message: string, fields: Fields = {}) {
  const extra = Object.entries(fields).map(([key, value]) => ` ${key}=${text(value)}`)
  return `${level === 'info' ? '' : `${level}: `}${oneLine(message + extra.join(''))}\n`
}

function forMachines(level: Level, message: string, fields: Fields = {}) {
  const plain = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, simple(value)]))
  return `${JSON.stringify({ ...plain, at: new Date().toISOString(), level, message })}\n`
}

/** What was sent to us may stand in it: a line end would make a line of its own, and an escape rule the terminal. */
const oneLine = (told: string) =>
  told.replace(control, found => (found === '\n' ? '\\n' : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`))
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g

const simple = (value: unknown) => (value instanceof Error ? (value.stack ?? value.message) : value)
const text = (value: unknown) =>
  value instanceof Error ? value.message : typeof value === 'string' ? value : JSON.stringify(value)
