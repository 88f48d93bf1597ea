import type { Request } from 'express'
import type { Caller } from '../db/identity.ts'
import { findRun, type Run } from '../db/runs.ts'
import type { Services } from '../db/services.ts'
import { ApiError } from './api-error.ts'

type Access = 'read' | 'write'

/** Who calls, for a project of their own: by API key, or by the dashboard's cookie with `?project=`. */
export function callerOf(services: Services, req: Request, access: Access): Promise<Caller> {
  return identify(services, req, access, project(req))
}

/** Who calls, and the run they may see. A run of another project is not there. */
export async function callerOfRun(
  services: Services,
  req: Request,
  access: Access,
): Promise<{ caller: Caller; run: Run }> {
  const runId = req.params.id ?? ''
  const run = await findRun(services.postgres, runId)
  const none = new ApiError(404, `there is no run ${runId}`)
  const caller = await identify(services, req, access, run?.projectId ?? project(req), none)
  if (!run || run.projectId !== caller.projectId) throw none
  return { caller, run }
}

const project = (req: Request) => (typeof req.query.project === 'string' ? req.query.project : '')

async function identify(
  { identity, config }: Services,
  req: Request,
  access: Access,
  projectId: string,
  /** What one is told who is no member of the project, if not that there is none such. */
  none = new ApiError(404, projectId ? `there is no project ${projectId}` : 'say which project: ?project=ID'),
): Promise<Caller> {
  const byKey = await identity.byKey({ get: name => req.get(name) })
  if (byKey === 'invalid') throw new ApiError(401, 'the API key is not valid: it is unknown or was revoked')
  if (byKey !== 'missing') return byKey
  const caller = await identity.bySession(headersOf(req), projectId)
  if (caller === 'missing') throw new ApiError(401, 'send an API key: Authorization: Bearer dlk_...')
  if (caller === 'invalid') throw none
  if (access === 'write' && !isSameOrigin(req, config.publicUrl))
    throw new ApiError(403, 'the request comes from another site')
  if (access === 'write' && caller.role === 'viewer')
    throw new ApiError(403, 'viewers may look at runs, not start or change them')
  return caller
}

/** A browser says where a request that changes something comes from; a page elsewhere must not send one by our cookie. */
function isSameOrigin(req: Request, publicUrl: string): boolean {
  if (req.get('sec-fetch-site') === 'same-origin') return true
  const origin = req.get('origin')
  if (!origin || !URL.canParse(origin)) return false
  return origin === new URL(publicUrl).origin || new URL(origin).host === req.get('host')
}

function headersOf(req: Request): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(req.headers))
    for (const one of [value ?? []].flat()) headers.append(name, one)
  return headers
}
