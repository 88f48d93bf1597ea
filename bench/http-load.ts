import { Agent, request } from 'node:http'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

export type Load = { url: string; headers: Record<string, string>; bodies: string[]; seconds: number; lanes: number }
export type Loaded = { requests: number; seconds: number; waits: number[]; statuses: Record<string, number> }

/** Sends POST requests from a thread of its own, so that who answers does not also wait; waits are sorted, in ms. */
export function load(what: Load): Promise<Loaded> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: what })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

async function run({ url, headers, bodies, seconds, lanes }: Load): Promise<Loaded> {
  const agent = new Agent({ keepAlive: true, maxSockets: lanes })
  const waits: number[] = []
  const statuses: Record<string, number> = {}
  const send = (body: string) =>
    new Promise<void>((resolve, reject) => {
      const sent = request(url, { method: 'POST', agent, headers }, answer => {
        statuses[answer.statusCode ?? 0] = (statuses[answer.statusCode ?? 0] ?? 0) + 1
        answer.resume().on('end', resolve)
      })
      sent.on('error', reject).end(body)
    })
  const began = performance.now()
  let n = 0
  const lane = async () => {
    while (performance.now() - began < seconds * 1000) {
      const start = performance.now()
      await send(bodies[n++ % bodies.length] ?? '{}')
      waits.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  agent.destroy()
  const took = (performance.now() - began) / 1000
  return { requests: waits.length, seconds: took, waits: waits.sort((a, b) => a - b), statuses }
}

if (!isMainThread) parentPort?.postMessage(await run(workerData))
