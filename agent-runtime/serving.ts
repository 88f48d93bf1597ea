import { layArms, type Pinned, type WorkflowVariant, workflowVariants } from '../db/domain/flags/arm.ts'
import type { ArmSpec, WorkflowFlag } from '../db/domain/flags/flag.ts'
import type { Flags } from '../db/flag-memory.ts'
import { type Run, sessionArm } from '../db/runs.ts'
import type { Services } from '../db/services.ts'
import type { Route } from './inference/route.ts'
import { flagContext } from './run-flags.ts'
import type { Workflow } from './workflow.ts'
import type { Workflows } from './workflows/registry.ts'

type Asked = Pick<Run, 'projectId' | 'workflow' | 'userId' | 'sessionId' | 'metadata'>
/** What a run is decided to be when it is accepted, for its life. */
export type ArmDecision = { variant: WorkflowVariant; workflow: Workflow; pinned: Pinned }

/**
 * The arm of a run and what it runs. An arm that this process cannot run (a version it does not know, parameters that the
 * workflow refuses) is not pretended: the run is then served as control, outside of the comparison.
 */
export async function decideArm(
  services: Pick<Services, 'flags' | 'postgres' | 'log'>,
  workflows: Workflows,
  asked: Asked,
): Promise<ArmDecision | undefined> {
  const first = workflows.find(asked.workflow)
  if (!first) return undefined
  const flag = flagOf(services.flags, asked)
  const variant = (await keptArm(services, flag, asked)) ?? evaluatedArm(services.flags, asked)
  if (!flag) return { variant, workflow: first, pinned: {} }
  const { revision, control } = flag
  const isCanary = variant === 'canary' || variant === 'preview'
  const wanted = isCanary ? layArms(control, flag.canary) : control
  const fit = runnable(workflows, asked.workflow, wanted)
  if ('workflow' in fit) return { variant, workflow: fit.workflow, pinned: { ...wanted, revision } }
  services.log.warn('an arm cannot be run here: served outside of the comparison', {
    flag: flag.key,
    variant,
    why: fit.why,
  })
  const fallback = runnable(workflows, asked.workflow, control)
  const served = variant === 'off' ? 'off' : 'default'
  if (isCanary && 'workflow' in fallback)
    return { variant: served, workflow: fallback.workflow, pinned: { ...control, revision } }
  return { variant: served, workflow: first, pinned: { revision } }
}

type LiveWorkflowFlag = WorkflowFlag & { revision: number }

function flagOf(flags: Pick<Flags, 'set'>, { projectId, workflow }: Pick<Run, 'projectId' | 'workflow'>) {
  const flag = flags.set(projectId).flags.get(workflow)
  return flag?.kind === 'workflow' ? (flag as LiveWorkflowFlag) : undefined
}

type Evaluating = Pick<Flags, 'set' | 'evaluate' | 'source'>

/**
 * Without a flag everyone is in the control. What cannot be decided, for want of a user or of all flags, is served as
 * control outside of the comparison.
 */
function evaluatedArm(flags: Evaluating, asked: Asked): WorkflowVariant {
  if (flags.source === 'nothing') return 'default'
  if (!flagOf(flags, asked)) return flags.set(asked.projectId).aiOff ? 'off' : 'control'
  const { variant } = flags.evaluate(asked.projectId, asked.workflow, flagContext(asked))
  return workflowVariants.find(known => known === variant) ?? 'default'
}

/** The arm that the session has had since the comparison began, where the flag keeps it; `off` is not kept by anyone. */
async function keptArm(
  { flags, postgres }: Pick<Services, 'flags' | 'postgres'>,
  flag: WorkflowFlag | undefined,
  asked: Asked,
): Promise<WorkflowVariant | undefined> {
  const { projectId, workflow, sessionId } = asked
  if (flag?.pin !== 'session' || flag.state !== 'canary' || !flag.since || !sessionId) return undefined
  if (offFor(flags, asked)) return undefined
  const since = new Date(flag.since)
  const arm = await sessionArm(postgres, { projectId, sessionId, workflow, since })
  return workflowVariants.find(known => known === arm && known !== 'off')
}

/** The version that an arm names, if it takes the arm's parameters. */
function runnable(workflows: Workflows, name: string, arm: ArmSpec): { workflow: Workflow } | { why: string } {
  const workflow = workflows.find(name, arm.version)
  if (!workflow) return { why: `${name} has no version ${arm.version} here` }
  const params = workflow.params.safeParse(arm.params ?? {})
  if (params.success) return { workflow }
  const [issue] = params.error.issues
  return { why: `parameter ${issue?.path.join('.')}: ${issue?.message}` }
}

/** Whether AI is switched off for a run now, by its flag, a rule of it, its project or the installation; and how. */
export function offFor(flags: Evaluating, asked: Asked): { reason: string; whenOff: 'finish' | 'stop' } | undefined {
  if (evaluatedArm(flags, asked) !== 'off') return undefined
  const { aiOff } = flags.set(asked.projectId)
  const flag = flagOf(flags, asked)
  const where = aiOff ? (aiOff.scope === 'project' ? 'this project' : 'the whole installation') : asked.workflow
  const why = aiOff?.reason ? `: ${aiOff.reason}` : ''
  return { reason: `AI is switched off for ${where}${why}`, whenOff: (aiOff ?? flag)?.whenOff ?? 'stop' }
}

export type ServingDecision = { servedBy: 'ai' | 'deterministic'; reason?: string }

/** Whether a model or plain code serves a run that has not begun, and why. `off` is what offFor says now. */
export function decideServing(
  run: Pick<Run, 'workflow' | 'arms'>,
  route: Pick<Route, 'outage'>,
  off: { reason: string } | undefined,
  now: number,
): ServingDecision {
  if (off) return { servedBy: 'deterministic', reason: off.reason }
  if (run.arms[run.workflow] === 'off')
    return { servedBy: 'deterministic', reason: `AI was switched off for ${run.workflow} when the run was accepted` }
  const outage = route.outage(now)
  return outage ? { servedBy: 'deterministic', reason: outage } : { servedBy: 'ai' }
}
