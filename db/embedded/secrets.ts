import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const secrets = z.object({ clickhousePassword: z.string().min(1), postgresPassword: z.string().min(1) })
export type Secrets = z.infer<typeof secrets>

/** The embedded stores' passwords: made at the first start, kept in `DATA_DIR/secrets.json`, readable by us alone. */
export function openSecrets(dataDir: string): Secrets {
  const path = join(dataDir, 'secrets.json')
  try {
    return secrets.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      throw new Error(`${path} cannot be read, and with it the stores' passwords: put back the file`, { cause: error })
    }
  }
  const made = { clickhousePassword: password(), postgresPassword: password() }
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(path, JSON.stringify(made), { mode: 0o600, flag: 'wx' })
  return made
}

const password = () => randomBytes(24).toString('base64url')
