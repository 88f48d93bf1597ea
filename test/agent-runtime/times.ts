import { type UpkeepTimes, upkeepTimes } from '../../agent-runtime/upkeep.ts'

/** Upkeep in a hurry: what takes minutes in production takes seconds in a test. */
export const quickTimes: UpkeepTimes = {
  ...upkeepTimes,
  everyMs: 200,
  lostAfterMs: 2_000,
  joblessMs: 300,
  forgottenMs: 2_000,
  archiveAfterMs: 500,
}
