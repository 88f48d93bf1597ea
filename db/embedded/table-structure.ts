import { z } from 'zod'
import type { Engine } from './engine.ts'
import { type InsertText, identifier, SqlError } from './sql-text.ts'

const described = z.object({
  name: z.string(),
  type: z.string(),
  default_type: z.enum(['', 'DEFAULT', 'MATERIALIZED', 'ALIAS', 'EPHEMERAL']),
  default_expression: z.string(),
})
type Column = z.infer<typeof described>

/**
 * Tells which columns an insert fills, and their types and defaults as the structure of a file: so a field that a
 * JSON row leaves out gets the table's default, as it would on a server. Kept until a statement may change tables.
 */
export function createStructures(engine: Engine) {
  const known = new Map<string, Promise<Column[]>>()

  const describe = (table: string) =>
    engine.use('reads', {}, async ({ session }) => {
      const answer = await session.queryAsync(`describe table ${table}`, { format: 'JSONEachRow' })
      return answer
        .text()
        .split('\n')
        .filter(line => line !== '')
        .map(line => described.parse(JSON.parse(line)))
    })

  const columnsOf = (table: string) => {
    const columns = known.get(table) ?? describe(table)
    known.set(table, columns)
    columns.catch(() => known.delete(table))
    return columns
  }

  return {
    forget: () => known.clear(),
    async of(insert: InsertText): Promise<{ columns: string; structure: string }> {
      const columns = (await columnsOf(insert.table)).filter(({ default_type }) =>
        ['', 'DEFAULT'].includes(default_type),
      )
      const named = insert.columns?.map(
        name => columns.find(column => column.name === name) ?? unknown(name, insert.table),
      )
      const filled = named ?? columns
      return {
        columns: filled.map(({ name }) => identifier(name)).join(', '),
        structure: filled.map(asStructure).join(', '),
      }
    },
  }
}

const asStructure = ({ name, type, default_type, default_expression }: Column) =>
  `${identifier(name)} ${type}${default_type === 'DEFAULT' ? ` default ${default_expression}` : ''}`

function unknown(name: string, table: string): never {
  throw new SqlError(16, `No such column ${name} in table ${table}. (NO_SUCH_COLUMN_IN_TABLE)`)
}
