import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'

export type User = { uid: number; gid: number }

/**
 * PostgreSQL refuses to run as root, so root runs it as another user: the one who owns its folder already, else
 * `postgres`, which is made when missing, else `nobody`. Answers undefined when we are not root.
 */
export function postgresUser(folder: string): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  const owner = statSync(folder, { throwIfNoEntry: false })
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  return lookUp('postgres') ?? create('postgres') ?? lookUp('nobody') ?? noUser()
}

/**
 * The command that runs a program as the user. Where a folder on the way is closed to that user (a checkout below
 * /root), the program is let through by one capability, which setpriv hands on.
 */
export function runAs(user: User | undefined, program: string, args: string[], paths: string[]) {
  if (!user) return { command: program, args, ids: {} }
  const closed = [program, ...paths].map(path => closedFolder(path, user)).find(Boolean)
  if (!closed) return { command: program, args, ids: user }
  if (!answers('setpriv', ['--version'])) {
    throw new Error(
      `PostgreSQL cannot run as root, and its own user cannot enter ${closed}: run Davylamp as another user, ` +
        'choose a DATA_DIR that all users can enter, or set DATABASE_URL',
    )
  }
  const privileges = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
  // Without the last bit access(2), by which initdb looks for its neighbours, would not heed the capability.
  const capability = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup']
  return { command: 'setpriv', args: [...privileges, ...capability, program, ...args], ids: {} }
}

function closedFolder(path: string, { uid, gid }: User): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const stat = statSync(folder, { throwIfNoEntry: false })
    const bit = stat && (stat.uid === uid ? 0o100 : stat.gid === gid ? 0o010 : 0o001)
    if (stat && bit && (stat.mode & bit) === 0) return folder
    if (folder === dirname(folder)) return undefined
  }
}

function lookUp(name: string): User | undefined {
  const [uid, gid] = [answers('id', ['-u', name]), answers('id', ['-g', name])]
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined
}

function create(name: string): User | undefined {
  answers('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name])
  return lookUp(name)
}

function answers(command: string, args: string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}

function noUser(): never {
  throw new Error('PostgreSQL cannot run as root, and no other user was found: run Davylamp as another user')
}
