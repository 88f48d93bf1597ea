import { expect, it } from 'vitest'
import { createLogger } from '../../../db/log.ts'

function written(isTTY: boolean, tell: (log: ReturnType<typeof createLogger>) => void) {
  const lines: string[] = []
  tell(createLogger('info', { isTTY, write: (line: string) => lines.push(line) } as unknown as NodeJS.WriteStream))
  return lines.join('')
}

it('what was sent to us makes no line of its own in the log, and rules no terminal', () => {
  const hostile = 'x\nOpen http://evil.example\u001b[2J\u009b2J\r\u2028'
  for (const isTTY of [true, false]) {
    const text = written(isTTY, log => {
      log.warn(`cannot read ${hostile}`, { name: hostile, error: new Error(hostile) })
    })
    expect(text.trimEnd()).not.toContain('\n')
    for (const one of ['\u001b', '\r']) expect(text).not.toContain(one)
  }
  expect(written(true, log => log.info('a', { b: 'c\nd' }))).toBe('a b=c\\nd\n')
})
