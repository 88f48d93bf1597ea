import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cleanEnv, freePort, temporaryDir } from './setup/product.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** What `COPY . .` would copy: the files git knows or would add, less those that .dockerignore names. */
function copyContext(to: string) {
  const ignored = read('.dockerignore').split('\n').filter(Boolean)
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of files.split('\n').filter(Boolean)) {
    if (!ignored.some(name => file === name || file.startsWith(`${name}/`))) cpSync(join(root, file), join(to, file))
  }
}

it('builds by the steps of the Dockerfile, and what they make runs a role and passes its health check', async () => {
  const image = temporaryDir()
  const data = temporaryDir()
  try {
    copyContext(image.path)
    const [build = ''] = read('Dockerfile').split(/^FROM (?!.*AS build)/m)
    const steps = [...build.matchAll(/^RUN (.+)$/gm)].map(([, step]) => step!)
    expect(steps.length).toBeGreaterThan(0)
    for (const step of steps) {
      const done = spawnSync('sh', ['-c', step], { cwd: image.path, encoding: 'utf8' })
      expect(done.status, done.stderr).toBe(0)
    }
    const health = await freePort()
    const env = cleanEnv({ DATA_DIR: data.path, HEALTH_PORT: String(health) })
    const node = join(image.path, 'node_modules/.bin/node')
    const role = spawn(node, ['main.ts', 'alerts'], { cwd: image.path, env, stdio: 'inherit' })
    const ended = new Promise<number | null>(resolve => role.once('close', resolve))
    const healthy = () => spawnSync(node, ['scripts/healthy.mjs'], { cwd: image.path, env }).status
    await expect.poll(healthy, { timeout: 60_000, interval: 500 }).toBe(0)
    role.kill('SIGTERM')
    expect(await ended).toBe(0)
  } finally {
    rmSync(image.path, { recursive: true, force: true })
    data.remove()
  }
}, 400_000)
