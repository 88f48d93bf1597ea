// Makes a fresh clone ready, with nothing but Node and npm: runs before `npm start` (`start`) and `npm test` (`test`).
// It has no dependency, since it runs before any is installed, and does nothing when all is in place.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const purpose = process.argv[2] ?? 'start'
const cache = join(root, 'node_modules/.cache/davylamp')

installPackages()
mendPostgres()
if (purpose !== 'dev') buildDashboard()
if (process.env.npm_lifecycle_event === 'prestart') say('Step 3 of 3: starting the stores and the dashboard ...')
if (purpose === 'test') for (const need of needs()) installProgram(need)

function installPackages() {
  const wanted = `${hash(['package.json', 'package-lock.json', '.npmrc'])} ${process.platform}-${process.arch}`
  // The tests need the development packages too; where they are installed, a start keeps them.
  const development = purpose !== 'start' || stamp('packages')?.endsWith(' all')
  if (stamp('packages') === `${wanted} all` || (!development && stamp('packages') === `${wanted} product`)) return
  const args = ['--no-audit', '--no-fund', '--loglevel=error', ...(development ? [] : ['--omit=dev'])]
  say('Step 1 of 3: installing packages, once: about 350 MB to download ...')
  if (!installAnew(args)) run('npm', ['install', '--no-save', ...args], 'cannot install the packages')
  writeStamp('packages', `${wanted} ${development ? 'all' : 'product'}`)
}

/**
 * Where nothing is installed yet, `npm ci` does it in less time, in a folder beside: what is half there never stands where
 * packages are looked for. The lock names no registry, so npm would first ask for the address of each package: it is told
 * where they are at the one that is set. Answers whether it did.
 */
function installAnew(args) {
  const modules = join(root, 'node_modules')
  if (existsSync(join(modules, '.package-lock.json'))) return false
  const registry = spawnSync('npm', ['config', 'get', 'registry'], { cwd: root, encoding: 'utf8' }).stdout?.trim()
  if (!registry || !URL.canParse(registry)) return false
  const folder = join(root, '.install')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const name of ['package.json', '.npmrc']) copyFileSync(join(root, name), join(folder, name))
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  for (const [path, entry] of Object.entries(lock.packages)) {
    const name = entry.name ?? path.split('node_modules/').pop()
    if (path) entry.resolved ??= `${registry.replace(/\/$/, '')}/${name}/-/${basename(name)}-${entry.version}.tgz`
  }
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  const done = spawnSync('npm', ['ci', ...args], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  if (done.status === 0) {
    rmSync(modules, { recursive: true, force: true })
    renameSync(join(folder, 'node_modules'), modules)
  }
  rmSync(folder, { recursive: true, force: true })
  return done.status === 0
}

/**
 * postgres 3.4.9 ends the whole process in two ways that nobody can catch: when a connection is cut within a transaction it
 * writes to a socket that is gone, from a timer (porsager/postgres #1208, its fix is #1209), where the statement is refused
 * instead; and when one is cut, or its statement cancelled, while it asks for the types of arrays, as each does first
 * (#1192), where the next one asks again.
 */
function mendPostgres() {
  const file = join(root, 'node_modules/postgres/src/connection.js')
  let text = readFileSync(file, 'utf8')
  for (const [fault, mended] of postgresFaults()) {
    if (text.includes(mended)) continue
    if (!text.includes(fault)) fail('postgres has changed: see whether scripts/setup.mjs must still mend it')
    text = text.replace(fault, mended)
  }
  if (text !== readFileSync(file, 'utf8')) writeFileSync(file, text)
}

function postgresFaults() {
  const write = `function nextWrite(fn) {
    const x = socket.write(chunk, fn)`
  const writeIfOpen = `function nextWrite(fn) {
    if (!socket) {
      clearImmediate(nextWriteTimer)
      chunk = nextWriteTimer = null
      error(Errors.connection('CONNECTION_CLOSED', options))
      return false
    }
    const x = socket.write(chunk, fn)`
  const ask = 'return fetchArrayTypes()\n'
  return [
    [write, writeIfOpen],
    [ask, 'return fetchArrayTypes().catch(() => {})\n'],
  ]
}

function buildDashboard() {
  const sources = ['app', 'db', 'remix.config.js', 'vite.config.ts', 'tsconfig.json', 'package-lock.json']
  const wanted = hash(sources.flatMap(listFiles))
  if (stamp('dashboard') === wanted && existsSync(join(root, 'build/server/index.js'))) return
  say('Step 2 of 3: building the dashboard, once for each release: about 20 seconds ...')
  run(
    join(root, 'node_modules/.bin/node'),
    ['node_modules/@remix-run/dev/dist/cli.js', 'vite:build', '--logLevel', 'error'],
    'cannot build the dashboard',
  )
  writeStamp('dashboard', wanted)
}

function needs() {
  return [
    {
      names: ['chromium', 'chromium-browser', 'google-chrome', 'chrome'],
      apt: 'chromium',
      brew: 'chromium',
      env: 'CHROMIUM_PATH',
    },
    { names: ['redis-server'], apt: 'redis-server', brew: 'redis', env: 'REDIS_SERVER_PATH' },
  ]
}

function installProgram({ names, apt, brew, env }) {
  if (process.env[env] || names.some(onPath)) return
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  if (onPath('apt-get') && (sudo.length === 0 || quiet('sudo', ['-n', 'true']))) {
    say(`Installing ${apt} for the tests ...`)
    const debian = { DEBIAN_FRONTEND: 'noninteractive' }
    quiet([...sudo, 'apt-get'][0], [...sudo, 'apt-get', 'update', '-qq'].slice(1), debian)
    quiet(
      [...sudo, 'apt-get'][0],
      [...sudo, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', apt].slice(1),
      debian,
    )
    // Debian starts a service for a server it installs; the tests start their own on a free port.
    if (apt === 'redis-server') quiet([...sudo, 'service'][0], [...sudo, 'service', apt, 'stop'].slice(1))
  } else if (onPath('brew')) {
    say(`Installing ${brew} for the tests ...`)
    quiet('brew', ['install', brew])
  }
  if (!names.some(onPath)) {
    fail(`The tests need ${names[0]}, which is not installed and could not be: install it, or set ${env} to its path.`)
  }
}

function run(command, args, fault) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (done.status !== 0)
    fail(`${fault}: ${done.error?.message ?? `${command} ended with ${done.status ?? done.signal}`}`)
}

function quiet(command, args, env = {}) {
  return (
    spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } }).status === 0
  )
}

function onPath(name) {
  return (process.env.PATH ?? '').split(':').some(folder => existsSync(join(folder, name)))
}

function listFiles(path) {
  const full = join(root, path)
  if (!existsSync(full)) return []
  if (statSync(full).isFile()) return [path]
  return readdirSync(full)
    .sort()
    .flatMap(name => listFiles(join(path, name)))
}

function hash(paths) {
  const sum = createHash('sha256')
  for (const path of paths) if (existsSync(join(root, path))) sum.update(path).update(readFileSync(join(root, path)))
  return sum.digest('hex')
}

function stamp(name) {
  const file = join(cache, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function writeStamp(name, text) {
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(cache, name), text)
}

function say(text) {
  process.stderr.write(`${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(1)
}
