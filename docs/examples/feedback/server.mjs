// A web application that answers questions by a Davylamp workflow, and lets its users say what they thought of them.
//
//   DAVYLAMP_URL=http://localhost:3000 DAVYLAMP_API_KEY=dlk_... node server.mjs
//
// The API key stays here. The page gets an answer and its feedback token, which opens nothing but feedback on that answer.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

const davylamp = process.env.DAVYLAMP_URL ?? 'http://localhost:3000'
const workflow = process.env.WORKFLOW ?? 'analyze'
if (!process.env.DAVYLAMP_API_KEY) throw new Error('set DAVYLAMP_API_KEY to a key of your project: Settings makes them')
const headers = { authorization: `Bearer ${process.env.DAVYLAMP_API_KEY}`, 'content-type': 'application/json' }

/** What the page may load and where it may send: itself, and Davylamp. */
const policy = [
  "default-src 'none'",
  `script-src 'self' ${davylamp}`,
  `connect-src 'self' ${davylamp}`,
  "style-src 'self'",
  'img-src data:',
].join('; ')

const files = {
  '/': ['index.html', 'text/html'],
  '/page.js': ['page.js', 'text/javascript'],
  '/page.css': ['page.css', 'text/css'],
}

async function ask(question) {
  const body = JSON.stringify({ workflow, input: { question } })
  const started = await call('/v1/runs', { method: 'POST', body })
  for (;;) {
    const run = await call(`/v1/runs/${started.run_id}`)
    if (run.status === 'done') return { text: run.result.answer, token: started.feedback_token }
    if (run.status === 'error' || run.status === 'cancelled')
      throw new Error(run.error?.message ?? 'the run was cancelled')
    await pause(100)
  }
}

async function call(path, options) {
  const answer = await fetch(davylamp + path, { ...options, headers })
  const json = await answer.json()
  if (!answer.ok) throw new Error(json.error.message)
  return json
}

async function answer(request, response) {
  if (request.method === 'POST' && request.url === '/ask') {
    const chunks = await request.toArray()
    const { question } = JSON.parse(Buffer.concat(chunks).toString())
    response.setHeader('content-type', 'application/json').end(JSON.stringify(await ask(question)))
    return
  }
  const [name, type] = files[request.url] ?? []
  if (!name) return response.writeHead(404).end()
  const text = await readFile(new URL(name, import.meta.url), 'utf8')
  response.setHeader('content-type', `${type}; charset=utf-8`).setHeader('content-security-policy', policy)
  response.end(text.replace('DAVYLAMP_URL', davylamp))
}

const server = createServer((request, response) =>
  answer(request, response).catch(error => {
    response.statusCode = 502
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ error: error.message }))
  }),
)
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () =>
  console.log(`Open http://127.0.0.1:${server.address().port}`),
)
