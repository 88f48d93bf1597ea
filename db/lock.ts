import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'

const owner = z.object({
  pid: z.number(),
  roles: z.array(z.string()),
  urls: z.record(z.string(), z.string()).default({}),
})
export type Owner = z.input<typeof owner>
export type DataDirLock = { describe(owner: Owner): void; release(): void }

/**
 * Takes the data directory for this process, making it first. The lock is the operating system's (SQLite holds it on
 * `lock.sqlite`), so a killed process leaves none behind; `instance.json` only says whose it is.
 * Throws one sentence when the directory cannot be written or another process has it.
 */
export function lockDataDir(dir: string, self: Owner): DataDirLock {
  const database = open(dir)
  try {
    database.exec('pragma journal_mode = memory')
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    if (isLocked(error)) throw new Error(inUse(dir))
    throw unusable(dir, error)
  }
  // Private: with the stores' URLs goes their password, for roles that are started beside this one.
  const describe = (now: Owner) => writeFileSync(join(dir, 'instance.json'), JSON.stringify(now), { mode: 0o600 })
  describe(self)
  const release = () => {
    describe(self)
    database.close()
  }
  return { describe, release }
}

/** Who had the data directory last, and where its stores listen. Undefined when nobody ever did. */
export function readOwner(dir: string): Owner | undefined {
  try {
    return owner.parse(JSON.parse(readFileSync(join(dir, 'instance.json'), 'utf8')))
  } catch {
    return undefined
  }
}

function open(dir: string): DatabaseSync {
  try {
    makeFolder(dir)
    writeFileSync(join(dir, 'lock.sqlite'), '', { flag: 'a' })
    return new DatabaseSync(join(dir, 'lock.sqlite'), { timeout: 0 })
  } catch (error) {
    throw unusable(dir, error)
  }
}

// Not by mkdir's own `recursive`, which never returns where folders cannot be made at all (/proc).
function makeFolder(dir: string) {
  if (existsSync(dir)) return
  makeFolder(dirname(dir))
  mkdirSync(dir)
}

function inUse(dir: string) {
  return (
    `DATA_DIR ${dir} is in use by another Davylamp${whose(dir)}. Stop it, or choose another DATA_DIR, ` +
    'or share its stores by setting CLICKHOUSE_URL and DATABASE_URL.'
  )
}

function whose(dir: string) {
  const found = readOwner(dir)
  return found ? ` (pid ${found.pid}, roles ${found.roles.join(' ')})` : ''
}

function unusable(dir: string, error: unknown) {
  const why = error instanceof Error ? error.message : String(error)
  return new Error(`DATA_DIR ${dir} cannot be used: ${why}. Choose a folder that this user may write to.`, {
    cause: error,
  })
}

const isLocked = (error: unknown) => error instanceof Error && 'errcode' in error && error.errcode === 5
