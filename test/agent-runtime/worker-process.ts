// A worker as a process of its own, to be killed by tests: settings come by the environment, as in production.
import { startAgent } from '../../agent-runtime/worker.ts'
import { loadConfig } from '../../db/config.ts'
import { createLogger } from '../../db/log.ts'
import { openServices } from '../../db/services.ts'
import { onShutdown } from '../../db/shutdown.ts'
import { quickTimes } from './times.ts'

const config = loadConfig(process.env, ['agent'])
const log = createLogger(config.logLevel)
const services = await openServices(config, log)
const agent = await startAgent(services, quickTimes)
onShutdown(async () => {
  await agent.stop()
  await services.close()
}, log)
process.stdout.write('working\n')
