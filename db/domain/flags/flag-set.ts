import type { Flag } from './flag.ts'
import type { Segment } from './segment.ts'

/** A flag as it is in effect: `revision` counts its changes from 1. */
export type LiveFlag = Flag & { revision: number }

/** AI switched off for a project or the whole installation: no workflow flag serves a model while it lasts. */
export type AiOff = { scope: 'project' | 'installation'; whenOff: 'finish' | 'stop'; reason: string }

/** All that an evaluation may ask for: the flags and segments of a project as of a version. */
export type FlagSet = {
  /** The project's id. */
  id: string
  /** Of the newest change in it; rises with every change. */
  version: number
  flags: ReadonlyMap<string, LiveFlag>
  segments: ReadonlyMap<string, Segment>
  aiOff?: AiOff
}

export const emptySet = (id = ''): FlagSet => ({ id, version: 0, flags: new Map(), segments: new Map() })
