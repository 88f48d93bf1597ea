import express, { type Request, type Router } from 'express'
import { z } from 'zod'
import { runStatuses } from '../db/domain/run.ts'
import { listInterrupts } from '../db/run-interrupts.ts'
import { listRuns, type Run, runCost } from '../db/runs.ts'
import { openSeats, type SeatLimits } from '../db/seats.ts'
import type { Services } from '../db/services.ts'
import { ApiError, answerErrors, handle, parseInput, refuseOddAddress } from './api-error.ts'
import { callerOf, callerOfRun } from './caller.ts'
import { answer, answerBody, cancel, newRunBody, startRun } from './run-commands.ts'
import { interruptJson, runJson, startedJson } from './run-json.ts'
import { streamRun } from './stream.ts'
import type { Workflow } from './workflow.ts'
import { loadWorkflows } from './workflows/load.ts'
import type { Workflows } from './workflows/registry.ts'

const moment = z.iso.datetime({ offset: true })
const isCursor = (text: string) => moment.safeParse(text.replace(/~run_\w+$/, '')).success

const listQuery = z.object({
  project: z.string().optional(),
  status: z.enum(runStatuses).optional(),
  workflow: z.string().optional(),
  user_id: z.string().optional(),
  session_id: z.string().optional(),
  before: z
    .string()
    .refine(isCursor, 'must be a moment such as 2026-01-31T12:00:00Z, or next_before of the page before')
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** Open streams: of a project, which may stream to all of its users through one server, and of a process. */
const usualStreams: SeatLimits = { each: 1_000, all: 10_000 }

/** The run API, to be mounted at `/v1/runs`. Answers are JSON; nothing in it waits for a model. */
export function runsRouter(services: Services, { streams = {} }: { streams?: Partial<SeatLimits> } = {}): Router {
  const { secret, log } = services
  const seats = openSeats({ ...usualStreams, ...streams })
  const workflows = workflowsOf(services)
  const router = express.Router()
  router.use(refuseOddAddress, express.json({ limit: '1mb' }))

  router.post(
    '/',
    handle(async (req, res) => {
      const caller = await callerOf(services, req, 'write')
      const header = req.get('idempotency-key')
      const body = { ...(header && { idempotency_key: header }), ...jsonBody(req) }
      const { run, existed } = await startRun(services, await workflows(), caller, parseInput(newRunBody, body))
      res.status(existed ? 200 : 202).json(startedJson(run, secret))
    }),
  )

  router.get(
    '/',
    handle(async (req, res) => {
      const { projectId } = await callerOf(services, req, 'read')
      const { status, workflow, user_id, session_id, before, limit } = parseInput(listQuery, req.query)
      const filter = { projectId, status, workflow, userId: user_id, sessionId: session_id, before, limit }
      const { runs, nextBefore } = await listRuns(services.postgres, filter)
      res.json({ runs: runs.map(runJson), next_before: nextBefore })
    }),
  )

  router.get(
    '/:id',
    handle(async (req, res) => {
      const { run } = await callerOfRun(services, req, 'read')
      const [interrupts, costUsd] = await Promise.all([
        listInterrupts(services.postgres, run.id),
        costOf(services, run),
      ])
      res.json({ ...runJson(run), cost_usd: costUsd, interrupts: interrupts.map(interruptJson) })
    }),
  )

  router.get(
    '/:id/stream',
    handle(async (req, res) => {
      const access = () => callerOfRun(services, req, 'read')
      const { run } = await access()
      const leave = seats.take(run.projectId)
      if (!leave)
        throw new ApiError(
          429,
          'too many streams of runs are open: close some, or ask for the runs from time to time',
          {
            code: 'too_many_streams',
            retryAfterS: 15,
          },
        )
      await streamRun(services, run, req, res, access).finally(leave)
    }),
  )

  router.post(
    '/:id/cancel',
    handle(async (req, res) => {
      const { run } = await callerOfRun(services, req, 'write')
      const { status, id, endedAt } = await cancel(services, run)
      res.status(endedAt ? 200 : 202).json({ run_id: id, status })
    }),
  )

  router.post(
    '/:id/interrupts/:interruptId',
    handle(async (req, res) => {
      const { run, caller } = await callerOfRun(services, req, 'write')
      const { decision, approver } = parseInput(answerBody, jsonBody(req))
      // Who is signed in answers as nobody else; a key stands for whom it names.
      const who = caller.userName ?? approver ?? caller.keyId ?? null
      res.json(interruptJson(await answer(services, run, req.params.interruptId ?? '', { decision, approver: who })))
    }),
  )

  router.use(answerErrors(log))
  return router
}

/**
 * `GET /v1/workflows`: what can be run, with the JSON Schema of each input; and of each version what a flag's arm may
 * set. The version that serves where no flag says otherwise comes first.
 */
export function workflowsRouter(services: Services): Router {
  const workflows = workflowsOf(services)
  const router = express.Router()
  router.get(
    '/',
    handle(async (req, res) => {
      await callerOf(services, req, 'read')
      const known = await workflows()
      res.json({ workflows: known.names().map(name => workflowJson(known.versions(name))) })
    }),
  )
  router.use(answerErrors(services.log))
  return router
}

function workflowJson(versions: Workflow[]) {
  const [first] = versions
  return {
    name: first?.name,
    version: first?.version,
    description: first?.description,
    input: first?.inputSchema,
    versions: versions.map(({ version, description, paramsSchema, prompts }) => ({
      version,
      description,
      params: paramsSchema,
      prompts,
    })),
  }
}

/** Loaded at the first request; a failure is told then, and tried again at the next. */
function workflowsOf({ config, log }: Services): () => Promise<Workflows> {
  let loading: Promise<Workflows> | undefined
  return () => {
    loading ??= loadWorkflows(config).catch(error => {
      loading = undefined
      log.error('the workflows cannot be loaded', { error })
      throw new ApiError(503, error instanceof Error ? error.message : String(error))
    })
    return loading
  }
}

/** The cost by the run's spans; null when it is not known, also because ClickHouse cannot be asked. */
const costOf = ({ clickhouse, log }: Services, run: Run) =>
  runCost(clickhouse, run).catch(error => {
    log.warn('the cost of a run cannot be read', { run: run.id, error })
    return null
  })

function jsonBody(req: Request): object {
  if (!req.is('json')) throw new ApiError(415, 'send JSON with Content-Type: application/json')
  return req.body
}
