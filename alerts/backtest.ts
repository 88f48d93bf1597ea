import { setTimeout as delay } from 'node:timers/promises'
import { type Backtest, type BacktestResult, endBacktest, takeBacktest, tellProgress } from '../db/backtests.ts'
import type { ClickHouse } from '../db/clickhouse.ts'
import { atRest, decide, type Standing } from '../db/domain/alerts.ts'
import { dayMs, hourMs, minuteMs } from '../db/domain/time.ts'
import { firstTrace } from '../db/first-trace.ts'
import type { Services } from '../db/services.ts'
import { listWorkflows } from '../db/workflows-seen.ts'
import { type Guards, limitsOf, lookEnd, observe, openGuards, type WatchedRule } from './observe.ts'

const longestMs = 90 * dayMs
const mostWorkflows = 10
const leaseMs = 60_000
const pollMs = 1_000

type Scope = BacktestResult['scopes'][number]
type Progress = (done: number, total: number) => Promise<void>

/** Runs backtests that people ask for, one at a time; what a worker leaves when it stops another takes up from the start. */
export function startBacktests(services: Pick<Services, 'clickhouse' | 'postgres' | 'log'>): { stop(): Promise<void> } {
  const { clickhouse, postgres, log } = services
  const stopping = new AbortController()
  const { signal } = stopping

  async function one(backtest: Backtest) {
    const { id, projectId, rule } = backtest
    const progress: Progress = (done, total) => tellProgress(postgres, id, { done, total }, leaseMs)
    try {
      const result = await backtestRule(clickhouse, { ...rule, projectId }, new Date(), { progress, signal })
      await endBacktest(postgres, id, { status: 'done', result })
    } catch (error) {
      if (signal.aborted) return endBacktest(postgres, id, { status: 'queued' })
      log.warn('a backtest failed', { id, error })
      await endBacktest(postgres, id, {
        status: 'failed',
        error: error instanceof Error ? error.message : String(error),
      })
    }
  }

  async function run() {
    while (!signal.aborted) {
      const taken = await takeBacktest(postgres, leaseMs).catch(
        error => void log.warn('cannot look for backtests', { error }),
      )
      if (taken) await one(taken).catch(error => log.warn('a backtest could not be written down', { error }))
      else await delay(pollMs, undefined, { signal }).catch(() => {})
    }
  }

  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/**
 * What a rule would have done on the project's history of up to ninety days: the same looks by the same detector, without
 * anything being told. Throws a sentence when there is not enough history for a single look.
 */
export async function backtestRule(
  clickhouse: ClickHouse,
  rule: WatchedRule,
  now: Date,
  { progress, signal }: { progress?: Progress; signal?: AbortSignal } = {},
): Promise<BacktestResult> {
  const { projectId } = rule
  const last = lookEnd(rule, now)
  const began = await firstTrace(clickhouse, {
    projectId,
    since: new Date(last.getTime() - longestMs - 2 * rule.windowHours * hourMs),
  })
  const first =
    began &&
    lookEnd(
      { ...rule, latenessMinutes: 0 },
      new Date(
        Math.max(began.getTime() + 2 * rule.windowHours * hourMs, last.getTime() - longestMs) +
          rule.everyHours * hourMs -
          1,
      ),
    )
  if (!first || first > last)
    throw new Error(`there is too little history: the rule compares two windows of ${rule.windowHours} h`)
  const ends: Date[] = []
  for (let at = first.getTime(); at <= last.getTime(); at += rule.everyHours * hourMs) ends.push(new Date(at))
  const window = { from: new Date(first.getTime() - 2 * rule.windowHours * hourMs), to: last }
  const names = rule.eachWorkflow
    ? (await listWorkflows(clickhouse, { projectId, ...window, among: rule.filters.workflow })).slice(0, mostWorkflows)
    : ['']
  const scopes: Scope[] = []
  for (const [at, scope] of names.entries()) {
    const tell = (done: number) => progress?.(at * ends.length + done, names.length * ends.length)
    scopes.push(await replay(clickhouse, { rule, scope, ends, tell, signal }))
  }
  const months = (Math.max(1, ends.length) * rule.everyHours * hourMs) / (30 * dayMs)
  const alarms = scopes.reduce((sum, { alarms }) => sum + alarms.length, 0)
  return { from: first.toISOString(), to: last.toISOString(), alarmsPerMonth: alarms / months, scopes }
}

type Replay = {
  rule: WatchedRule
  scope: string
  ends: Date[]
  tell?: (done: number) => Promise<void> | undefined
  signal?: AbortSignal
  guards?: Guards
}

/** Takes the looks of one workflow (or the project) in turn. */
export async function replay(
  clickhouse: ClickHouse,
  { rule, scope, ends, tell, signal, guards = openGuards(clickhouse, rule.projectId) }: Replay,
): Promise<Scope> {
  const limits = limitsOf(rule)
  const found: Scope = { scope, looks: [], alarms: [] }
  let standing: Standing = atRest(ends[0] ?? new Date(0))
  for (const [at, end] of ends.entries()) {
    signal?.throwIfAborted()
    const now = new Date(end.getTime() + rule.latenessMinutes * minuteMs)
    const { observation, numbers } = await observe(clickhouse, rule, scope, end, guards)
    const decision = decide(standing, observation, limits, now)
    const { current = null, low = null, high = null, relative = 0 } = numbers
    found.looks.push({ at: end.toISOString(), state: decision.state, value: current, low, high })
    const open = found.alarms.at(-1)
    if (decision.transition === 'opened')
      found.alarms.push({ from: end.toISOString(), to: null, severity: decision.severity, relative })
    else if (open && decision.transition === 'reopened') open.to = null
    else if (open && decision.transition === 'escalated') open.severity = 'page'
    else if (open && decision.transition === 'resolved') open.to = end.toISOString()
    standing = decision
    if (at % 5 === 4 || at === ends.length - 1) await tell?.(at + 1)
  }
  return found
}
