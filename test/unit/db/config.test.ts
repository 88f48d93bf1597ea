import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ConfigError, environment, loadConfig } from '../../../db/config.ts'

const root = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

describe('settings', () => {
  it('need nothing set', () => {
    const config = loadConfig({})
    expect(config).toMatchObject({
      port: 3000,
      otlpHttpPort: 4318,
      otlpGrpcPort: 4317,
      roles: ['web', 'ingest', 'agent', 'alerts'],
    })
    expect(config.publicUrl).toBe('http://localhost:3000')
    expect(config.clickhouseUrl).toBeUndefined()
  })

  it('treat an empty text as not set, as compose files pass it', () => {
    expect(loadConfig({ OPENAI_API_KEY: '', OPENAI_BASE_URL: '' }).openai).toEqual({
      apiKey: undefined,
      baseUrl: 'https://api.openai.com/v1',
    })
  })

  it('believe proxies at the addresses that are given', () => {
    expect(loadConfig({}).trustProxy).toEqual(['loopback'])
    const given = loadConfig({ TRUST_PROXY: 'uniquelocal, 192.0.2.7,198.51.100.0/24,fd00::/8' }).trustProxy
    expect(given).toEqual(['uniquelocal', '192.0.2.7', '198.51.100.0/24', 'fd00::/8'])
  })

  it('choose the roles by their names', () => {
    expect(loadConfig({}, ['ingest', 'agent']).roles).toEqual(['ingest', 'agent'])
    expect(() => loadConfig({}, ['injest'])).toThrow('unknown role injest: choose from web, ingest, agent, alerts')
  })

  it.each([
    [{ PORT: 'abc' }, 'PORT must be a port number'],
    [{ PORT: '70000' }, 'PORT'],
    [{ TRUST_PROXY: 'the proxy' }, 'TRUST_PROXY.0 must be addresses, networks such as 10.0.0.0/8, or loopback'],
    [{ TRUST_PROXY: 'loopback, 10.0.0.0/33' }, 'TRUST_PROXY.1 must be'],
    [{ TRUST_PROXY: 'fd00::/8/8' }, 'TRUST_PROXY.0 must be'],
    [{ OIDC_ISSUER: 'https://id.example.com', OIDC_CLIENT_ID: 'us' }, 'OIDC_CLIENT_SECRET must be set too'],
    [{ REDIS_URL: 'localhost:6379' }, 'REDIS_URL must start with redis:// or rediss://'],
    [{ CLICKHOUSE_URL: 'not a url' }, 'CLICKHOUSE_URL must be a URL'],
    [{ DAVYLAMP_SECRET: 'short' }, 'DAVYLAMP_SECRET must be at least 32 characters'],
    [{ DAVYLAMP_MODEL: 'gpt-4o' }, 'DAVYLAMP_MODEL must be provider/model'],
    [{ OTEL_SDK_DISABLED: 'maybe' }, 'OTEL_SDK_DISABLED must be true or false'],
  ])('refuse %o in one sentence that names the variable', (env, sentence) => {
    expect(() => loadConfig(env)).toThrow(ConfigError)
    expect(() => loadConfig(env)).toThrow(sentence)
  })

  it('name all faults at once', () => {
    expect(() => loadConfig({ PORT: 'x', DATABASE_URL: 'mysql://h/d' })).toThrow(/PORT .*DATABASE_URL/)
  })
})

describe('the README', () => {
  const rows = [...read('README.md').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name)
  it('has one row for each setting and no row without one', () => {
    expect([...rows].sort()).toEqual(Object.keys(environment.shape).sort())
  })
})

describe('docker-compose.yml', () => {
  const compose = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<
      string,
      { image: string; command?: string[]; environment?: Record<string, string>; healthcheck?: object }
    >
  }
  const ours = Object.entries(compose.services).filter(([, service]) => service.image === 'davylamp:latest')

  it('runs the four roles from one image', () => {
    expect(ours.map(([, service]) => service.command?.join(' ')).sort()).toEqual(
      ['agent', 'alerts', 'ingest', 'web'].map(role => `node main.ts ${role}`),
    )
  })

  it('sets only variables that the settings know, with values that they accept', () => {
    for (const [, service] of ours) {
      const values = Object.entries(service.environment ?? {}).map(([name, value]) => [name, fill(value)])
      for (const [name] of values) expect(Object.keys(environment.shape)).toContain(name)
      const config = loadConfig(Object.fromEntries(values))
      expect(config.clickhouseUrl).toBe('http://davylamp:davylamp@clickhouse:8123/davylamp')
      expect(config.ingestUrl).toBe('http://ingest:4318')
    }
  })

  it('checks the health of every store, and the image that of every role', () => {
    for (const name of ['clickhouse', 'postgres', 'redis']) expect(compose.services[name]?.healthcheck).toBeDefined()
    expect(read('Dockerfile')).toMatch(/^HEALTHCHECK .*scripts\/healthy\.mjs/m)
  })
})

/** As compose fills `${NAME:-default}` and `${NAME:?why}` with nothing set but the required ones. */
function fill(text: string) {
  return text.replace(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/\$\{\w+:\?[^}]*\}/g, 'x'.repeat(40))
}
