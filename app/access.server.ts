import type { AppLoadContext } from '@remix-run/node'
import { data, redirect } from '@remix-run/node'
import { getProject, type MemberRole, membership } from '../db/projects.ts'
import './context.ts'

type Args = { context: AppLoadContext; request: Request; params: { projectId?: string } }

/** The signed-in person; else a redirect to sign-in that comes back to the page asked for. */
export function requireUser({ context, request }: Pick<Args, 'context' | 'request'>) {
  if (context.user) return context.user
  const url = new URL(request.url)
  const to = url.pathname.replace(/\.data$/, '') + url.search
  throw redirect(to === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(to)}`)
}

/** The project of the URL for a member of it; 404 for everyone else, so that ids tell nothing. */
export async function requireProject({ context, request, params }: Args) {
  const user = requireUser({ context, request })
  const projectId = params.projectId ?? ''
  const { services } = context
  const [role, project] = await Promise.all([
    membership(services.postgres, { projectId, userId: user.id }),
    getProject(services.postgres, projectId),
  ])
  if (!role || !project) throw notFound('There is no such project, or you are not a member of it.')
  return { services, user, project: { id: project.id, name: project.name, settings: project.settings, role } }
}

/** As requireProject, for those who may work in it: all but viewers. */
export async function requireEditor(args: Args) {
  const found = await requireProject(args)
  if (!mayEdit(found.project.role))
    throw data({ message: 'Viewers of a project may not change this.' }, { status: 403 })
  return found
}

export const mayEdit = (role: MemberRole) => role !== 'viewer'

/** As requireProject, for those who may change its settings. */
export async function requireAdmin(args: Args) {
  const found = await requireProject(args)
  if (found.project.role !== 'owner' && found.project.role !== 'admin') {
    throw data({ message: 'Only an owner or admin of the project may change this.' }, { status: 403 })
  }
  return found
}

/** Thrown by loaders: the page says `message` and links the next step. */
export const notFound = (message: string) => data({ message }, { status: 404 })

/** As notFound, for what may still come: the page looks again by itself. */
export const notYetFound = (message: string) => data({ message, looksAgain: true }, { status: 404 })
