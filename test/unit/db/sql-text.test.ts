import { describe, expect, it } from 'vitest'
import { identifier, literal, readInsert, readStatement } from '../../../db/embedded/sql-text.ts'

describe('one statement', () => {
  it.each([
    ['select 1', 'select 1'],
    ['select 1;', 'select 1'],
    ['select 1 ; -- done\n', 'select 1 '],
    ['select \'a;b\', "c;d", `e;f`', 'select \'a;b\', "c;d", `e;f`'],
    ["select 'it''s; \\'; ' as x;", "select 'it''s; \\'; ' as x"],
    ['select $tag$a; b$tag$', 'select $tag$a; b$tag$'],
    ['select 1 /* a; b */ + 1', 'select 1 /* a; b */ + 1'],
  ])('reads %j', (sql, text) => {
    expect(readStatement(sql).text).toBe(text)
  })

  it.each([
    'select 1; select 2',
    "select 'a'; drop table spans",
    "select 'a\\\\'; drop table spans --'",
    'select 1 /* ; */ ; /* */ drop table spans',
  ])('refuses %j', sql => {
    expect(() => readStatement(sql)).toThrow(/multi-statements are not allowed/)
  })

  it.each(['', '  ', '-- nothing', ';'])('refuses the empty query %j', sql => {
    expect(() => readStatement(sql)).toThrow(/empty query/)
  })

  it('tells the first word past comments', () => {
    expect(readStatement('-- why\n/* and */ SELECT 1').keyword).toBe('select')
    expect(readStatement('(select 1)').keyword).toBe('(')
  })

  it('names the placeholders, not what only looks like one', () => {
    const sql = "select {a:String}, { b : UInt8 }, '{c:String}', {1:2}, {'d':1} -- {e:String}"
    expect(readStatement(sql).placeholders).toEqual(['a', 'b'])
  })
})

describe('an insert with data', () => {
  it('takes table, columns, settings, format and inline data apart', () => {
    const text = 'insert into db.spans (a, `b c`) settings async_insert = 0 format JSONEachRow\n{"a":1}\n'
    expect(readInsert(text)).toEqual({
      table: 'db.spans',
      columns: ['a', 'b c'],
      settings: 'settings async_insert = 0',
      format: 'JSONEachRow',
      data: '{"a":1}\n',
    })
  })

  it('reads it behind a comment and in any case', () => {
    expect(readInsert('/* why */ INSERT INTO TABLE t FORMAT Native')).toMatchObject({ table: 't', format: 'Native' })
    expect(readInsert("insert into t values (1, 'a\n\n; drop table t')")).toMatchObject({
      format: 'values',
      data: "(1, 'a\n\n; drop table t')",
    })
  })

  it.each(['insert into t select 1', 'insert into t settings x = 1 select 1 format Null', 'select 1 format JSON'])(
    'is not %j',
    sql => {
      expect(readInsert(sql)).toBeUndefined()
    },
  )

  it('refuses parameters among values, and an insert of nothing', () => {
    expect(() => readInsert('insert into t values ({a:String})')).toThrow(/write insert ... select/)
    expect(() => readStatement('insert into t (a)')).toThrow(/an insert needs/)
  })
})

it('quotes any text as a literal and any name as an identifier', () => {
  expect(literal("it's \\ a")).toBe("'it\\'s \\\\ a'")
  expect(identifier('a`b')).toBe('`a\\`b`')
})
