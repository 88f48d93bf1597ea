import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'

export const roles = ['web', 'ingest', 'agent', 'alerts'] as const
export type Role = (typeof roles)[number]

const portNumber = z.coerce.number('must be a port number').int('must be a whole number').min(0).max(65535)
const port = (fallback: number) => portNumber.default(fallback)
const url = (...schemes: string[]) =>
  z
    .string()
    .refine(text => URL.canParse(text), { message: 'must be a URL', abort: true })
    .refine(
      text => schemes.includes(new URL(text).protocol.slice(0, -1)),
      `must start with ${schemes.join(':// or ')}://`,
    )
    .transform(text => text.replace(/\/+$/, ''))
const flag = z
  .enum(['true', 'false', '1', '0'], 'must be true or false')
  .transform(text => text === 'true' || text === '1')

const list = (text: string) =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(Boolean)

const names = ['loopback', 'linklocal', 'uniquelocal']
const isNetwork = (text: string) => {
  const [address = '', bits, more] = text.split('/')
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return more === undefined && most > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
}
const addresses = z
  .string()
  .transform(list)
  .pipe(
    z.array(
      z
        .string()
        .refine(
          each => names.includes(each) || isNetwork(each),
          `must be addresses, networks such as 10.0.0.0/8, or ${names.join(', ')}, with commas between`,
        ),
    ),
  )

/** Every environment variable the product reads; each has a row in the README. An empty string counts as not set. */
export const environment = z.object({
  PORT: port(3000),
  HOST: z.string().default('127.0.0.1'),
  OTLP_HTTP_PORT: port(4318),
  OTLP_GRPC_PORT: port(4317),
  DATA_DIR: z.string().default('./data'),
  CLICKHOUSE_URL: url('http', 'https').optional(),
  CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[\w-]+$/, 'must be a cluster name of letters, digits, - and _')
    .optional(),
  DATABASE_URL: url('postgres', 'postgresql').optional(),
  REDIS_URL: url('redis', 'rediss').optional(),
  PUBLIC_URL: url('http', 'https').optional(),
  TRUST_PROXY: addresses.default(['loopback']),
  DAVYLAMP_SECRET: z.string().min(32, 'must be at least 32 characters').optional(),
  DAVYLAMP_OLD_SECRETS: z.string().default(''),
  OIDC_ISSUER: url('http', 'https').optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_NAME: z.string().max(40, 'must be at most 40 characters').default('single sign-on'),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: url('http', 'https').default('https://api.openai.com/v1'),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: url('http', 'https').default('https://api.anthropic.com'),
  OLLAMA_BASE_URL: url('http', 'https').optional(),
  DAVYLAMP_MODEL: z
    .string()
    .regex(/^(openai|anthropic|ollama)\/\S+$/, 'must be provider/model, for example openai/gpt-4.1-mini-2025-04-14')
    .default('openai/gpt-4.1-mini-2025-04-14'),
  DAVYLAMP_MODEL_FALLBACKS: z.string().default(''),
  WORKFLOWS_DIR: z.string().optional(),
  AGENT_CONCURRENCY: z.coerce.number('must be a number').int().min(1).max(1000).default(8),
  OFREP_PER_SECOND: z.coerce.number('must be a number').int().min(1).max(1_000_000).default(1000),
  SMTP_URL: url('smtp', 'smtps').optional(),
  SMTP_FROM: z.string().max(300).optional(),
  ALLOW_PRIVATE_ADDRESSES: flag.default(false),
  INGEST_URL: url('http', 'https').optional(),
  OTEL_SDK_DISABLED: flag.default(false),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https').optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
  OTEL_SERVICE_NAME: z.string().default('davylamp'),
  HEALTH_PORT: portNumber.optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
})

export type Config = Readonly<{
  roles: Role[]
  port: number
  host: string
  otlpHttpPort: number
  otlpGrpcPort: number
  /** Absolute. */
  dataDir: string
  clickhouseUrl?: string
  clickhouseCluster?: string
  databaseUrl?: string
  redisUrl?: string
  /** Where people and links reach the dashboard, without a trailing slash. */
  publicUrl: string
  /** Addresses of proxies whose word for a client's address is taken. */
  trustProxy: string[]
  /** Signs sessions and feedback tokens; without it one is made and kept in Postgres. */
  secret?: string
  /** Secrets of before: they still open what was sealed with them. */
  oldSecrets: string[]
  /** The OpenID Connect provider that people may sign in with. */
  oidc?: { issuer: string; clientId: string; clientSecret: string; name: string }
  openai: { apiKey?: string; baseUrl: string }
  anthropic: { apiKey?: string; baseUrl: string }
  ollama: { baseUrl?: string }
  /** `provider/model`, the pinned model of the built-in workflows, then what stands in for it, in order. */
  models: string[]
  workflowsDir?: string
  agentConcurrency: number
  /** Requests for flags a second that one server key may make of one process. */
  ofrepPerSecond: number
  smtpUrl?: string
  /** The sender of alert e-mail. */
  smtpFrom: string
  /** Lets webhooks reach private addresses. */
  allowPrivateAddresses: boolean
  /** Where the agent runtime sends the spans of runs. */
  ingestUrl: string
  otel: { disabled: boolean; endpoint?: string; headers?: string; serviceName: string }
  /** Where `/healthz` is served besides, for roles without a port of their own. */
  healthPort?: number
  logLevel: 'debug' | 'info' | 'warn' | 'error'
}>

/** A setting that cannot be used; the message names the variable, the value's fault and what to do. */
export class ConfigError extends Error {}

/**
 * Reads the settings once. `args` are the roles to run (`node main.ts ingest`); none means all of them.
 * Throws ConfigError with one sentence for all that is wrong.
 */
export function loadConfig(env: Record<string, string | undefined> = process.env, args: string[] = []): Config {
  const unknown = args.filter(arg => !roles.includes(arg as Role))
  if (unknown.length > 0) throw new ConfigError(`unknown role ${unknown.join(', ')}: choose from ${roles.join(', ')}`)
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = environment.safeParse(given)
  if (!parsed.success) {
    const faults = parsed.error.issues.map(issue => `${issue.path.join('.')} ${issue.message}`)
    throw new ConfigError(`bad setting: ${faults.join('; ')}`)
  }
  const e = parsed.data
  const host = e.HOST === '0.0.0.0' || e.HOST === '::' ? 'localhost' : e.HOST === '127.0.0.1' ? 'localhost' : e.HOST
  return {
    roles: args.length > 0 ? (args as Role[]) : [...roles],
    port: e.PORT,
    host: e.HOST,
    otlpHttpPort: e.OTLP_HTTP_PORT,
    otlpGrpcPort: e.OTLP_GRPC_PORT,
    dataDir: resolve(e.DATA_DIR),
    clickhouseUrl: e.CLICKHOUSE_URL,
    clickhouseCluster: e.CLICKHOUSE_CLUSTER,
    databaseUrl: e.DATABASE_URL,
    redisUrl: e.REDIS_URL,
    trustProxy: e.TRUST_PROXY,
    publicUrl: e.PUBLIC_URL ?? `http://${host}:${e.PORT}`,
    secret: e.DAVYLAMP_SECRET,
    oldSecrets: list(e.DAVYLAMP_OLD_SECRETS),
    oidc: oidcOf(e),
    openai: { apiKey: e.OPENAI_API_KEY, baseUrl: e.OPENAI_BASE_URL },
    anthropic: { apiKey: e.ANTHROPIC_API_KEY, baseUrl: e.ANTHROPIC_BASE_URL },
    ollama: { baseUrl: e.OLLAMA_BASE_URL },
    models: [e.DAVYLAMP_MODEL, ...list(e.DAVYLAMP_MODEL_FALLBACKS)],
    workflowsDir: e.WORKFLOWS_DIR && resolve(e.WORKFLOWS_DIR),
    agentConcurrency: e.AGENT_CONCURRENCY,
    ofrepPerSecond: e.OFREP_PER_SECOND,
    smtpUrl: e.SMTP_URL,
    smtpFrom: e.SMTP_FROM ?? `Davylamp <davylamp@${new URL(e.PUBLIC_URL ?? 'http://localhost').hostname}>`,
    allowPrivateAddresses: e.ALLOW_PRIVATE_ADDRESSES,
    ingestUrl: e.INGEST_URL ?? `http://127.0.0.1:${e.OTLP_HTTP_PORT}`,
    otel: {
      disabled: e.OTEL_SDK_DISABLED,
      endpoint: e.OTEL_EXPORTER_OTLP_ENDPOINT,
      headers: e.OTEL_EXPORTER_OTLP_HEADERS,
      serviceName: e.OTEL_SERVICE_NAME,
    },
    healthPort: e.HEALTH_PORT,
    logLevel: e.LOG_LEVEL,
  }
}

function oidcOf(e: z.output<typeof environment>): Config['oidc'] {
  const given = {
    OIDC_ISSUER: e.OIDC_ISSUER,
    OIDC_CLIENT_ID: e.OIDC_CLIENT_ID,
    OIDC_CLIENT_SECRET: e.OIDC_CLIENT_SECRET,
  }
  const missing = Object.entries(given).flatMap(([name, value]) => (value ? [] : [name]))
  if (missing.length === 3) return undefined
  if (!e.OIDC_ISSUER || !e.OIDC_CLIENT_ID || !e.OIDC_CLIENT_SECRET)
    throw new ConfigError(`bad setting: ${missing.join(' and ')} must be set too, for sign-in with OpenID Connect`)
  return { issuer: e.OIDC_ISSUER, clientId: e.OIDC_CLIENT_ID, clientSecret: e.OIDC_CLIENT_SECRET, name: e.OIDC_NAME }
}
