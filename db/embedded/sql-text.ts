export type Statement = {
  /** Its first word, in lower case. */
  keyword: string
  /** The one statement, without a closing semicolon. */
  text: string
  /** Names of its `{name:Type}` placeholders. */
  placeholders: string[]
}

export type InsertText = { table: string; columns?: string[]; settings: string; format: string; data: string }

/** SQL that cannot be sent to the engine; `code` is ClickHouse's. */
export class SqlError extends Error {
  code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Reads SQL as far as is needed to be sure that it is one statement: the engine itself would run all that follow.
 * Quotes, comments and heredocs are told apart, so a semicolon or a brace inside them means nothing.
 */
export function readStatement(sql: string): Statement {
  const placeholders = new Set<string>()
  let end = sql.length
  let keyword = ''
  for (const { kind, text, at } of tokens(sql)) {
    if (kind !== 'blank' && kind !== 'semicolon') keyword ||= text.toLowerCase()
    if (kind === 'placeholder') placeholders.add(/\w+/.exec(text)?.[0] ?? '')
    if (kind === 'semicolon') end = Math.min(end, at)
    else if (at > end && kind !== 'blank')
      throw new SqlError(62, 'Syntax error: multi-statements are not allowed. (SYNTAX_ERROR)')
  }
  const text = sql.slice(0, end)
  if (keyword === '') throw new SqlError(62, 'Syntax error: empty query. (SYNTAX_ERROR)')
  if (keyword === 'insert' && !/\b(?:select|with)\b/i.test(text)) {
    throw new SqlError(62, 'Syntax error: an insert needs a format and data, values, or a select. (SYNTAX_ERROR)')
  }
  return { keyword, text, placeholders: [...placeholders] }
}

/** From the first word on. */
function withoutComment(sql: string) {
  for (const { kind, at } of tokens(sql)) if (kind !== 'blank') return sql.slice(at)
  return ''
}

const insertHead =
  /^\s*insert\s+into\s+(?:table\s+)?((?:`[^`\\]+`|\w+)(?:\.(?:`[^`\\]+`|\w+))?)\s*(?:\(([^()]*)\))?\s*(settings\s+(?:(?!\bselect\b|\bwith\b)[^;])*?)?\s*(?:format\s+(\w+)|(values)\b)/i

/** An insert whose rows come as data (`format X`, `values`), or undefined when the SQL is something else. */
export function readInsert(sql: string): InsertText | undefined {
  const bare = withoutComment(sql)
  const match = insertHead.exec(bare)
  if (!match) return undefined
  const [head, table = '', columns, settings = '', format, values] = match
  if (values && readStatement(`values ${bare.slice(head.length)}`).placeholders.length > 0) {
    throw new SqlError(
      48,
      'The embedded engine takes no parameters in values: write insert ... select. (NOT_IMPLEMENTED)',
    )
  }
  return {
    table,
    columns: columns?.split(',').map(name => name.trim().replace(/^`(.*)`$/, '$1')),
    settings,
    format: format ?? values ?? '',
    data: bare.slice(head.length).replace(/^[^\S\n]*\n?/, ''),
  }
}

/** A ClickHouse string literal of any text. */
export const literal = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
/** A quoted ClickHouse name. */
export const identifier = (name: string) => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``

type Token = { kind: 'blank' | 'semicolon' | 'placeholder' | 'quoted' | 'other'; text: string; at: number }

const patterns: [Token['kind'], RegExp][] = [
  ['blank', /\s+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  ['semicolon', /;/y],
  ['quoted', /'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)|`(?:[^`\\]|\\[\s\S]|``)*(?:`|$)/y],
  ['quoted', /\$(\w*)\$[\s\S]*?\$\1\$/y],
  ['placeholder', /\{\s*[A-Za-z_]\w*\s*:/y],
  ['other', /\w+|[\s\S]/y],
]

function* tokens(sql: string): Generator<Token> {
  for (let at = 0; at < sql.length; ) {
    const token = tokenAt(sql, at)
    yield token
    at += token.text.length
  }
}

function tokenAt(sql: string, at: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const text = pattern.exec(sql)?.[0]
    if (text) return { kind, text, at }
  }
  throw new SqlError(62, `Syntax error: unexpected character at ${at}. (SYNTAX_ERROR)`)
}
