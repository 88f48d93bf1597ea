// A server that speaks OpenAI's chat completions API with scripted answers, for tests, demos and benchmarks.
// By hand: `node test/model-stand-in/server.ts --port 4010 --tokens-per-second 40`, then OPENAI_BASE_URL=http://127.0.0.1:4010/v1.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { analyzeScript, type ChatRequest, type Reply } from './script.ts'

/** How it behaves: for all calls by `behave`, for the next ones by `next`. */
export type Behaviour = {
  latencyMs?: number
  tokensPerSecond?: number
  /** Answers this status instead, with Retry-After when told. */
  status?: number
  retryAfterS?: number
  /** Takes the request and never answers. */
  hang?: boolean
  /** Cuts the connection after this many tokens. */
  breakAfter?: number
  /** Names another model in the answer than the one asked. */
  answersAs?: string
  /** Tells no usage, or zeros. */
  usage?: 'none' | 'zeros'
  script?(request: ChatRequest): Reply
}

export type StandIn = {
  /** With `/v1`, as OPENAI_BASE_URL wants it. */
  url: string
  /** All chat requests, in order. */
  requests: ChatRequest[]
  behave(behaviour: Behaviour): void
  /** For the next calls, one each; then as `behave` says. */
  next(...behaviours: Behaviour[]): void
  close(): Promise<void>
}

export async function startStandIn({ port = 0, ...first }: Behaviour & { port?: number } = {}): Promise<StandIn> {
  const requests: ChatRequest[] = []
  let usual: Behaviour = first
  const queue: Behaviour[] = []
  const server = createServer((req, res) => {
    serve(req, res, requests, () => ({ ...usual, ...queue.shift() })).catch(() => res.destroy())
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    behave: behaviour => {
      usual = behaviour
    },
    next: (...behaviours) => void queue.push(...behaviours),
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function serve(req: IncomingMessage, res: ServerResponse, requests: ChatRequest[], behaviour: () => Behaviour) {
  if (!req.url?.endsWith('/chat/completions')) return void res.writeHead(404).end('{"error":{"message":"not found"}}')
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  const request: ChatRequest = JSON.parse(Buffer.concat(chunks).toString())
  requests.push(request)
  const how = behaviour()
  if (how.hang) return
  await pause(how.latencyMs ?? 0)
  if (how.status) {
    const headers = {
      'content-type': 'application/json',
      ...(how.retryAfterS !== undefined && { 'retry-after': String(how.retryAfterS) }),
    }
    return void res
      .writeHead(how.status, headers)
      .end(JSON.stringify({ error: { message: `the stand-in was told to answer ${how.status}` } }))
  }
  const reply = (how.script ?? analyzeScript)(request)
  if (request.stream) await stream(res, request, reply, how)
  else res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole(request, reply, how)))
}

async function stream(res: ServerResponse, request: ChatRequest, reply: Reply, how: Behaviour) {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  const base = {
    id: `chatcmpl-${Date.now().toString(36)}`,
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: how.answersAs ?? request.model,
  }
  const send = (part: object) => res.write(`data: ${JSON.stringify({ ...base, ...part })}\n\n`)
  const deltas = deltasOf(reply)
  send({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] })
  for (const [i, delta] of deltas.entries()) {
    if (how.breakAfter !== undefined && i >= how.breakAfter) return breakOff(res)
    if (how.tokensPerSecond) await pause(1000 / how.tokensPerSecond)
    if (res.destroyed) return
    send({ choices: [{ index: 0, delta, finish_reason: null }] })
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: finishReason(reply) }] })
  if (request.stream_options?.include_usage && how.usage !== 'none')
    send({ choices: [], usage: usageOf(request, reply, how) })
  res.end('data: [DONE]\n\n')
}

/** What was written is on its way before the connection goes: the reader sees the tokens, then the cut. */
async function breakOff(res: ServerResponse) {
  await pause(50)
  res.destroy()
}

function whole(request: ChatRequest, reply: Reply, how: Behaviour) {
  const message =
    'tool' in reply
      ? { role: 'assistant', content: null, tool_calls: [toolCall(reply)] }
      : { role: 'assistant', content: reply.text }
  return {
    id: 'chatcmpl-whole',
    object: 'chat.completion',
    model: how.answersAs ?? request.model,
    choices: [{ index: 0, message, finish_reason: finishReason(reply) }],
    ...(how.usage !== 'none' && { usage: usageOf(request, reply, how) }),
  }
}

let calls = 0
const toolCall = (reply: Extract<Reply, { tool: string }>) => ({
  id: `call_${process.pid}_${calls++}`,
  type: 'function',
  function: { name: reply.tool, arguments: JSON.stringify(reply.arguments) },
})

function deltasOf(reply: Reply): object[] {
  if ('text' in reply) return reply.text.split(/(?<=\s)/).map(content => ({ content }))
  const { id, type, function: call } = toolCall(reply)
  const half = Math.ceil(call.arguments.length / 2)
  return [
    { tool_calls: [{ index: 0, id, type, function: { name: call.name, arguments: '' } }] },
    { tool_calls: [{ index: 0, function: { arguments: call.arguments.slice(0, half) } }] },
    { tool_calls: [{ index: 0, function: { arguments: call.arguments.slice(half) } }] },
  ]
}

const finishReason = (reply: Reply) => ('tool' in reply ? 'tool_calls' : 'stop')

/** A token is a word here: counts that a test can check. */
function usageOf(request: ChatRequest, reply: Reply, how: Behaviour) {
  if (how.usage === 'zeros') return { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
  const prompt = JSON.stringify(request.messages).split(/\s+/).length
  const completion = 'text' in reply ? reply.text.split(/\s+/).length : 10
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'latency-ms': { type: 'string' },
      'tokens-per-second': { type: 'string', default: '40' },
      status: { type: 'string' },
      hang: { type: 'boolean' },
      'break-after': { type: 'string' },
      'answers-as': { type: 'string' },
    },
  })
  const number = (text?: string) => (text === undefined ? undefined : Number(text))
  const { url } = await startStandIn({
    port: Number(values.port),
    latencyMs: number(values['latency-ms']),
    tokensPerSecond: number(values['tokens-per-second']),
    status: number(values.status),
    hang: values.hang,
    breakAfter: number(values['break-after']),
    answersAs: values['answers-as'],
  })
  process.stdout.write(
    `the model stand-in speaks OpenAI's API at ${url}: OPENAI_BASE_URL=${url} OPENAI_API_KEY=stand-in npm start\n`,
  )
}
