import { runsRouter, workflowsRouter } from './agent-runtime/server.ts'
import { startAgent } from './agent-runtime/worker.ts'
import { startAlerts } from './alerts/worker.ts'
import { ofrepRouter } from './app/ofrep/router.ts'
import { startWeb } from './app/server.ts'
import { loadConfig, type Role } from './db/config.ts'
import { startHealth } from './db/health.ts'
import { createLogger, type Logger } from './db/log.ts'
import { openServices, type Running, type Services } from './db/services.ts'
import { onShutdown } from './db/shutdown.ts'
import { startTelemetry } from './db/telemetry.ts'
import { startIngest } from './ingest/server.ts'
import { signalsRouter } from './ingest/signals-api.ts'

// The whole system: settings, telemetry, stores (our own where no URL is given), then the roles; it stops in reverse.
const dev = process.argv.includes('--dev')
process.env.NODE_ENV ??= dev ? 'development' : 'production'

const routersOf = (services: Services) => ({
  '/v1/runs': runsRouter(services),
  '/v1/workflows': workflowsRouter(services),
  '/v1/signals': signalsRouter(services),
  '/ofrep/v1': ofrepRouter(services),
})
/** In the order in which they start: the agents' spans need ingest, and who opens the dashboard finds all at work. */
const starts: Record<Role, (services: Services) => Promise<Running>> = {
  ingest: startIngest,
  agent: startAgent,
  alerts: startAlerts,
  web: services => startWeb(services, { routers: routersOf(services), dev }),
}

const running: { stop(): Promise<void> }[] = []
const stop = async () => {
  for (const part of running.splice(0).reverse()) await part.stop()
}

async function start(args: string[], log: Logger) {
  const config = loadConfig(process.env, args)
  onShutdown(stop, log)
  running.push(startTelemetry(config))
  const services = await openServices(config, createLogger(config.logLevel))
  running.push({ stop: services.close })
  if (config.healthPort !== undefined) running.push(await startHealth(services, config.healthPort))
  for (const [role, startRole] of Object.entries(starts)) {
    if (!config.roles.includes(role as Role)) continue
    const { name, urls, stop } = await startRole(services)
    running.push({ stop })
    log.info(name === 'web' ? `Open ${urls[0]}` : `${name} is ready`, name === 'web' ? {} : { urls })
  }
}

const log = createLogger()
await start(
  process.argv.slice(2).filter(arg => arg !== '--dev'),
  log,
).catch(async error => {
  log.error(error instanceof Error ? error.message : String(error))
  await stop()
  process.exit(1)
})
