import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { runsRouter, workflowsRouter } from '../../agent-runtime/server.ts'
import { ofrepRouter } from '../../app/ofrep/router.ts'
import pages from '../../app/routes.ts'
import { createAccount } from '../../db/accounts.ts'
import { createChannel } from '../../db/alert-channels.ts'
import { createApiKey, revokeApiKey } from '../../db/api-keys.ts'
import { listOpenIncidents } from '../../db/incidents.ts'
import { createInvite } from '../../db/invites.ts'
import { addOwnPrice } from '../../db/own-prices.ts'
import { createProject, type MemberRole } from '../../db/projects.ts'
import { createRun } from '../../db/runs.ts'
import type { Services } from '../../db/services.ts'
import { createSilence } from '../../db/silences.ts'
import { signalsRouter } from '../../ingest/signals-api.ts'
import { addRule, lookDaily, worse } from '../alerts/looks.ts'
import { storeSpans, trace } from '../factories.ts'
import { putFlag, putSegment, workflowDoc } from '../flags/factory.ts'
import { firstVisit, startTestWeb, Visitor, type Web } from './web.ts'

/** Who may: everybody, who is signed in, a member of the project, all of them but viewers, its owners and admins. */
type Who = 'anybody' | 'somebody' | 'member' | 'editor' | 'admin'
/** The fields of a form. */
type Form = { [name: string]: string | undefined }
type Route = {
  read?: Who
  change?: Who
  /** What its forms send, with the ids of a project. Those that name a thing of the project by its id are `of` it. */
  forms?: (of: Things) => Form[]
  of?: (of: Things) => Form[]
  /** Names a thing of the project in its path. */
  thing?: true
  /** What it must be asked for. */
  query?: string
}

const member: Route = { read: 'member' }
const thing: Route = { read: 'member', thing: true }

/** Every route that answers with data or changes something. One that is not here fails the first test. */
const known: Record<string, Route> = {
  home: { read: 'somebody' },
  welcome: { read: 'anybody', change: 'anybody' },
  'sign-in': { read: 'anybody', change: 'anybody' },
  'sign-in-elsewhere': { read: 'anybody' },
  'sign-out': { read: 'anybody', change: 'anybody' },
  'forgot-password': { read: 'anybody', change: 'anybody' },
  'reset-password': { read: 'anybody', change: 'anybody' },
  invite: { read: 'anybody', change: 'anybody' },
  account: { read: 'somebody', change: 'somebody', forms: () => [{ current: 'x', password: 'a long enough one' }] },
  'new-project': { read: 'somebody', change: 'somebody', forms: () => [{ name: 'New' }] },
  'not-found': { read: 'anybody' },
  project: member,
  'project-home': member,
  overview: member,
  traces: member,
  trace: thing,
  inbox: { ...member, change: 'editor', forms: ({ traceId }) => [{ intent: 'done', traceId }] },
  'inbox-trace': thing,
  runs: member,
  run: thing,
  quality: member,
  'quality-tools': member,
  'quality-tool': { ...member, query: 'tool=search' },
  'alerts-firing': member,
  'alerts-rules': {
    ...member,
    change: 'admin',
    of: ({ ruleId: id }) => [
      { intent: 'switch', id, revision: '1', enabled: 'false' },
      { intent: 'delete', id },
    ],
  },
  'alerts-silences': {
    ...member,
    change: 'editor',
    forms: () => [{ kind: 'once', hours: '2' }],
    of: ({ silenceId: id }) => [{ intent: 'lift', id }],
  },
  'alerts-channels': {
    ...member,
    change: 'admin',
    forms: () => [{ name: 'New', kind: 'email', to: 'thief@example.com' }],
    of: ({ channelId: id }) => [
      { intent: 'test', id },
      { intent: 'switch', id, enabled: 'false' },
      { id, name: 'Taken', kind: 'email', to: 'thief@example.com' },
      { intent: 'delete', id },
    ],
  },
  'alert-rule': { ...thing, change: 'admin', forms: () => [{ intent: 'try', name: 'x', metric: 'latency' }] },
  incident: {
    ...thing,
    change: 'editor',
    of: () => [{ intent: 'acknowledge' }, { intent: 'silence', hours: '1' }, { intent: 'remedy', remedy: 'off' }],
  },
  flags: { ...member, change: 'editor', forms: () => [{ type: 'boolean', key: 'sneaky' }] },
  segments: {
    ...member,
    change: 'editor',
    of: ({ segment: key }) => [{ intent: 'remove', key, from: '1' }],
  },
  flag: { ...thing, change: 'editor', of: () => [{ intent: 'off' }, { intent: 'remove', from: '1' }] },
  'data-in': member,
  'settings-project': { ...member, change: 'admin', forms: () => [{ intent: 'budgets', budgetUsdPerDay: '1' }] },
  'settings-keys': {
    ...member,
    change: 'admin',
    forms: () => [{ intent: 'create', name: 'New' }],
    of: ({ keyId: id }) => [{ intent: 'revoke', id }],
  },
  'settings-members': {
    ...member,
    change: 'admin',
    forms: () => [{ intent: 'invite', email: 'thief@example.com', role: 'viewer' }],
    of: ({ userId, inviteId: id }) => [
      { intent: 'role', userId, role: 'viewer' },
      { intent: 'remove', userId },
      { intent: 'withdraw', id },
    ],
  },
  'settings-models': member,
  'settings-prices': {
    ...member,
    change: 'admin',
    forms: () => [
      { intent: 'add', model: 'x', input: '1', output: '1' },
      { intent: 'recompute', days: '1' },
    ],
    of: ({ version }) => [
      { intent: 'end', version },
      { intent: 'withdraw', version },
    ],
  },
  'settings-tools': {
    ...member,
    change: 'admin',
    forms: () => [{ intent: 'set', tool: 'x', when: 'never', what: '' }],
  },
  'settings-redaction': { ...member, change: 'admin', forms: () => [{ intent: 'save', version: '0', rules: '{}' }] },
  'settings-ai': { ...member, change: 'editor', forms: () => [{ scope: 'project', off: 'true', whenOff: 'stop' }] },
  'settings-retention': {
    ...member,
    change: 'admin',
    forms: () => [{ intent: 'save', days: '1' }, { intent: 'trust' }],
  },
  'settings-history': member,
  'settings-about': member,
  badges: member,
  'ai-state': member,
  'flag-effect': thing,
  'flag-comparison': thing,
  'flag-try': member,
  'runs-older': member,
  'traces-older': member,
  'traces-facets': member,
  'trace-span': thing,
  'trace-payload': { ...thing, query: 'field=input' },
  'trace-export': thing,
  'trace-growth': thing,
}

type Page = { path?: string; index?: boolean; file: string; children?: Page[] }
type Found = { name: string; path: string; index: boolean; does: string[] }

/** The map of the dashboard as a list, with what each route exports. */
function listRoutes(all: readonly Page[], above = ''): Found[] {
  return all.flatMap(({ path = '', index = false, file, children = [] }) => {
    const own = [above, path].filter(Boolean).join('/')
    const source = readFileSync(join(import.meta.dirname, '../../app', file), 'utf8')
    const does = [...source.matchAll(/^export (?:async )?(?:function|const) (loader|action)\b/gm)].map(
      ([, one]) => one!,
    )
    return [{ name: file.split('/')[1]!, path: own, index, does }, ...listRoutes(children, own)]
  })
}
const routes = listRoutes(pages)

const routersOf = (services: Services) => ({
  '/v1/runs': runsRouter(services),
  '/v1/workflows': workflowsRouter(services),
  '/v1/signals': signalsRouter(services),
  '/ofrep/v1': ofrepRouter(services),
})

let web: Web
let nobody: Visitor
let viewer: Visitor
let stranger: Visitor
let theirs: string
let things: Things
type Things = Awaited<ReturnType<typeof makeThings>>

/** A project with one of each thing in it. */
async function makeThings(projectId: string, userId: string) {
  const { postgres, clickhouse, secret } = web.services
  const spans = trace({ workflow: 'agent', input: '{"question":"secret of the project"}' })
  await storeSpans(clickhouse, projectId, spans)
  const { traceId, spanId } = spans[0]!
  const runId = 'run_00000000000000000000'
  const root = {
    traceId,
    rootSpanId: spanId,
    workflow: 'agent',
    workflowVersion: '1',
    input: {},
    arms: {},
    pinned: {},
  }
  await createRun(postgres, { id: runId, projectId, ...root } as never, { maxQueuedRuns: 9, maxRunsPerUser: 9 })
  const { id: ruleId } = await addRule(postgres, projectId).then(async rule => {
    await lookDaily(postgres, rule, [worse, worse], new Date('2026-03-20T01:00:00Z'))
    return rule
  })
  const [incident] = await listOpenIncidents(postgres, projectId)
  const at = { postgres, projectId }
  await putFlag(at, workflowDoc('agent'))
  await putSegment(at, { key: 'beta' })
  const channel = { name: 'Mail', kind: 'email' as const, config: { to: ['a@example.com'] }, quiet: null }
  const route = { severities: [], workflows: [], metrics: [] }
  const channelId = await createChannel(postgres, projectId, { ...channel, route, secret: {} } as never, {
    instanceSecret: secret,
    createdBy: userId,
  })
  const silence = {
    matcher: {},
    startsAt: new Date(),
    endsAt: new Date(Date.now() + 3_600_000),
    weekly: null,
    comment: '',
  }
  const silenceId = String(await createSilence(postgres, projectId, silence, userId))
  const { id: keyId } = await createApiKey(postgres, { projectId, name: 'one' })
  await createInvite(postgres, { projectId, email: 'late@example.com', role: 'viewer', invitedBy: userId })
  const [invite] = await postgres.sql`select id from invites where project_id = ${projectId}`
  const rates = {
    output: 1,
    cacheRead: null,
    cacheWrite: null,
    cacheWrite1h: null,
    inputAudio: null,
    reasoning: null,
    outputAudio: null,
    perThousandRequests: null,
  }
  const price = { provider: '', model: 'm', match: 'equals' as const, validFrom: null, input: 1, ...rates }
  const version = await addOwnPrice(postgres, { projectId, userId, price })
  return {
    ...{ traceId, spanId, runId, ruleId, incidentId: String(incident!.id), flagKey: 'agent', segment: 'beta' },
    ...{ channelId, silenceId, keyId, userId, inviteId: String(invite!.id), version: String(version) },
    projectId,
  }
}

async function signedIn(email: string, projectId: string, role: MemberRole) {
  const { postgres } = web.services
  const userId = await createAccount(postgres, { name: email, email, password: 'a long enough one' })
  await postgres.sql`insert into members (project_id, user_id, role) values (${projectId}, ${userId}, ${role})`
  const visitor = new Visitor(web)
  await visitor.post('/sign-in', { email, password: 'a long enough one' })
  return visitor
}

beforeAll(async () => {
  web = await startTestWeb({}, routersOf)
  const { projectId } = await firstVisit(web)
  const [owner] = await web.services.postgres.sql`select id from users`
  things = await makeThings(projectId, String(owner!.id))
  theirs = await createProject(web.services.postgres, { name: 'Theirs' })
  nobody = new Visitor(web)
  viewer = await signedIn('viewer@example.com', projectId, 'viewer')
  stranger = await signedIn('stranger@example.com', theirs, 'owner')
})

const urlOf = ({ path, index }: Found, projectId: string, ending = '') => {
  const ids: Record<string, string> = { ...things, projectId }
  const filled = path.replace(/:(\w+)/g, (_, name) => encodeURIComponent(ids[name] ?? 'missing')).replace('*', 'none')
  return `/${filled}${ending}${index ? '?index' : ''}`
}
/** Asks for the data of one route alone, as a page does that has the others. */
const read = async (visitor: Visitor, route: Found, projectId = things.projectId) => {
  const path = urlOf(route, projectId, '.data').replace(/^\/\.data/, '/_root.data')
  const query = [`_routes=routes/${route.name}/route`, known[route.name]?.query].filter(Boolean).join('&')
  const answer = await visitor.get(`${path}${path.includes('?') ? '&' : '?'}${query}`)
  const text = await answer.text()
  return text.includes('"/sign-in?to=') || text.includes('"/sign-in"') ? 'sign-in' : answer.status
}
const post = async (visitor: Visitor, route: Found, fields: Form, projectId = things.projectId) => {
  const answer = await visitor.post(urlOf(route, projectId), fields as Record<string, string>)
  const to = answer.headers.get('location') ?? ''
  return to.startsWith('/sign-in') ? 'sign-in' : answer.status
}
/** What is stored that routes could change, as numbers: the same before and after what is refused. */
const stored = async () => {
  const { sql } = web.services.postgres
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_name not like 'auth_%' and table_name not like '%process%' order by 1`
  const counts = tables.map(async ({ name }) => {
    const [row] =
      await sql`select count(*)::int as n, md5(string_agg(md5(t::text), '' order by md5(t::text))) as hash from ${sql(name)} t`
    return [name, row?.n, row?.hash]
  })
  return Promise.all(counts)
}

const rights = (name: string): Route => known[name] ?? {}
const reading = routes.filter(({ does }) => does.includes('loader'))
const changing = routes.filter(({ does }) => does.includes('action'))
const formsOf = ({ name }: Found) => [...(rights(name).forms?.(things) ?? []), ...(rights(name).of?.(things) ?? [])]

describe('the dashboard', () => {
  it('has no route of which nothing is said here', () => {
    const said = (wanted: 'read' | 'change') => Object.keys(known).filter(name => known[name]?.[wanted])
    expect(reading.map(({ name }) => name).sort()).toEqual(said('read').sort())
    expect(changing.map(({ name }) => name).sort()).toEqual(said('change').sort())
    const silent = changing.filter(
      ({ name }) => rights(name).change !== 'anybody' && formsOf({ name } as Found).length === 0,
    )
    expect(silent).toEqual([])
  })

  it('asks who is not signed in to do so, before it reads or changes anything', async () => {
    const before = await stored()
    for (const route of reading.filter(({ name }) => rights(name).read !== 'anybody'))
      expect([route.name, await read(nobody, route)]).toEqual([route.name, 'sign-in'])
    for (const route of changing.filter(({ name }) => rights(name).change !== 'anybody'))
      for (const form of formsOf(route))
        expect([route.name, form, await post(nobody, route, form)]).toEqual([route.name, form, 'sign-in'])
    expect(await stored()).toEqual(before)
  })

  it('has nothing of a project for who is no member of it', async () => {
    const before = await stored()
    for (const route of reading.filter(({ path }) => path.startsWith('p/')))
      expect([route.name, await read(stranger, route)]).toEqual([route.name, 404])
    for (const route of changing.filter(({ path }) => path.startsWith('p/')))
      for (const form of formsOf(route))
        expect([route.name, form, await post(stranger, route, form)]).toEqual([route.name, form, 404])
    expect(await stored()).toEqual(before)
  })

  it('finds nothing of a project by its id under another', async () => {
    const before = await stored()
    for (const route of reading.filter(({ name }) => rights(name).thing))
      expect([route.name, await read(stranger, route, theirs)]).toEqual([route.name, 404])
    for (const route of changing) {
      for (const form of rights(route.name).of?.(things) ?? []) {
        const status = await post(stranger, route, form, theirs)
        expect([route.name, form, [400, 404, 409].includes(Number(status))]).toEqual([route.name, form, true])
      }
    }
    expect(await stored()).toEqual(before)
  })

  it('shows a viewer all, and lets them change nothing', async () => {
    const before = await stored()
    for (const route of reading.filter(({ path, name }) => path.startsWith('p/') && name !== 'not-found'))
      expect([route.name, [200, 202].includes(Number(await read(viewer, route)))]).toEqual([route.name, true])
    for (const route of changing.filter(({ path }) => path.startsWith('p/')))
      for (const form of formsOf(route))
        expect([route.name, form, await post(viewer, route, form)]).toEqual([route.name, form, 403])
    expect(await stored()).toEqual(before)
  })
})

/**
 * The APIs, and what they answer, by method and path: to the cookie of a viewer and of a stranger to the project that is
 * named, to a key of another project, and to a client key. Null where a cookie counts for nothing; 200 is their own.
 */
const apis: Record<string, { viewer: number | null; stranger: number | null; otherKey: number; clientKey: number }> = {
  'GET /v1/runs/': { viewer: 200, stranger: 404, otherKey: 200, clientKey: 401 },
  'POST /v1/runs/': { viewer: 403, stranger: 404, otherKey: 400, clientKey: 401 },
  'GET /v1/runs/:id': { viewer: 200, stranger: 404, otherKey: 404, clientKey: 401 },
  'GET /v1/runs/:id/stream': { viewer: 200, stranger: 404, otherKey: 404, clientKey: 401 },
  'POST /v1/runs/:id/cancel': { viewer: 403, stranger: 404, otherKey: 404, clientKey: 401 },
  'POST /v1/runs/:id/interrupts/:interruptId': { viewer: 403, stranger: 404, otherKey: 404, clientKey: 401 },
  'GET /v1/workflows/': { viewer: 200, stranger: 404, otherKey: 200, clientKey: 401 },
  'GET /v1/signals/': { viewer: 200, stranger: 403, otherKey: 200, clientKey: 403 },
  'POST /v1/signals/': { viewer: 403, stranger: 403, otherKey: 400, clientKey: 400 },
  '_ALL /v1/signals/': { viewer: 405, stranger: 405, otherKey: 405, clientKey: 405 },
  'POST /ofrep/v1/evaluate/flags': { viewer: null, stranger: null, otherKey: 200, clientKey: 200 },
  'POST /ofrep/v1/evaluate/flags/*': { viewer: null, stranger: null, otherKey: 404, clientKey: 404 },
  'GET /ofrep/v1/events': { viewer: null, stranger: null, otherKey: 401, clientKey: 401 },
}

describe('the APIs', () => {
  type Layer = { route?: { path: string; methods: Record<string, boolean> } }
  const routed = () =>
    Object.entries(routersOf(web.services)).flatMap(([above, router]) =>
      (router.stack as unknown as Layer[]).flatMap(({ route }) =>
        Object.keys(route?.methods ?? {}).map(method => `${method.toUpperCase()} ${above}${route?.path}`),
      ),
    )

  async function call(api: string, headers: Record<string, string>) {
    const [method = '', path = ''] = api.split(' ')
    const filled = path.replace(':id', things.runId).replace(':interruptId', 'one').replace('*', things.flagKey)
    const asked = new URLSearchParams({ project: things.projectId, trace_id: things.traceId })
    const stop = new AbortController()
    const answer = await fetch(`${web.url}${filled}?${asked}`, {
      method: method === '_ALL' ? 'PUT' : method,
      headers: { 'content-type': 'application/json', origin: web.url, ...headers },
      body: method === 'POST' ? JSON.stringify({ workflow: 'none', context: {}, decision: true }) : undefined,
      signal: stop.signal,
    })
    const isStream = answer.headers.get('content-type')?.includes('event-stream')
    const text = isStream ? '' : await answer.text()
    stop.abort()
    const { status, headers: told } = answer
    return { status, text, kept: [told.get('cache-control'), told.get('x-content-type-options')] }
  }
  const cookieOf = ({ cookies }: Visitor) => ({ cookie: [...cookies].map(pair => pair.join('=')).join('; ') })

  it('have no route of which nothing is said here, and are all that is mounted', () => {
    expect(routed().sort()).toEqual(Object.keys(apis).sort())
    const main = readFileSync(join(import.meta.dirname, '../../main.ts'), 'utf8')
    const mounted = [...main.matchAll(/'(\/[\w/]+)': \w+\(services\)/g)].map(([, path]) => path)
    expect(mounted).toEqual(Object.keys(routersOf(web.services)))
  })

  it('answer nobody, nor by a key that was revoked or never was', async () => {
    const { postgres } = web.services
    const { id, key } = await createApiKey(postgres, { projectId: things.projectId, name: 'short' })
    await revokeApiKey(postgres, { projectId: things.projectId, id })
    const keys: Record<string, string>[] = [{}, { authorization: `Bearer ${key}` }, { 'x-api-key': 'dlk_nonsense' }]
    for (const api of Object.keys(apis).filter(name => !name.startsWith('_ALL')))
      for (const headers of keys) expect([api, headers, (await call(api, headers)).status]).toEqual([api, headers, 401])
  })

  it('are kept by nobody between, and taken for nothing but what they say', async () => {
    for (const api of Object.keys(apis)) {
      const { kept } = await call(api, cookieOf(viewer))
      expect([api, ...kept]).toEqual([api, expect.stringMatching(/^(private, )?no-(cache|store)/), 'nosniff'])
    }
  })

  it('answer each by what they may, and never with what is another project’s', async () => {
    const { postgres } = web.services
    const other = await createApiKey(postgres, { projectId: theirs, name: 'other' })
    const client = await createApiKey(postgres, { projectId: things.projectId, name: 'page', audience: 'client' })
    const before = await stored()
    for (const [api, may] of Object.entries(apis)) {
      expect([api, 'viewer', (await call(api, cookieOf(viewer))).status]).toEqual([api, 'viewer', may.viewer ?? 401])
      const [outside, byKey] = [await call(api, cookieOf(stranger)), await call(api, { 'x-api-key': other.key })]
      expect([api, 'stranger', outside.status]).toEqual([api, 'stranger', may.stranger ?? 401])
      expect([api, 'other key', byKey.status]).toEqual([api, 'other key', may.otherKey])
      expect([api, 'client', (await call(api, { 'x-api-key': client.key })).status]).toEqual([
        api,
        'client',
        may.clientKey,
      ])
      for (const { text } of [outside, byKey]) expect(text).not.toContain(things.traceId)
      if (byKey.status === 200) expect(byKey.text).not.toMatch(new RegExp(`${things.runId}|"key":"${things.flagKey}"`))
    }
    const known = (all: unknown[][]) => all.filter(([table]) => table !== 'api_keys')
    expect(known(await stored())).toEqual(known(before))
  })
})
