import type { Redis } from 'ioredis'
import { z } from 'zod'
import { storableJson } from './domain/json.ts'
import { isTerminal, parseRunEvent, type RunEvent } from './domain/run.ts'
import { channelOf } from './doorbells.ts'
import { eventsBell, type LiveLog, numbered, type RunWriter, type Unnumbered, unnumbered } from './event-log.ts'

const keepAfterArchiveMs = 60 * 60_000

// The fence, the number, the entry and the doorbell in one step: no writer comes between. It may run twice where the
// client lost the answer, and is then sent again by it: entries that are there after ARGV[6] are not written again.
const appendScript = `
if ARGV[6] ~= '' then
  local late = redis.call('xrevrange', KEYS[1], '+', ARGV[6] .. '-1', 'count', 256)
  for _, entry in ipairs(late) do
    if entry[2][2] == ARGV[7] then return tonumber(string.match(entry[1], '^%d+')) + #ARGV - 7 end
  end
end
local head = redis.call('hmget', KEYS[2], 'seq', 'attempt', 'ended')
local attempt = tonumber(ARGV[1])
if head[3] == '1' or tonumber(head[2] or 0) > attempt then return -1 end
if ARGV[5] == '1' and head[1] then return -1 end
local seq = tonumber(head[1] or 0)
for i = 7, #ARGV do
  seq = seq + 1
  redis.call('xadd', KEYS[1], seq .. '-0', 'event', ARGV[i])
end
redis.call('hset', KEYS[2], 'seq', seq, 'attempt', attempt, 'ended', ARGV[2])
redis.call('publish', ARGV[3], ARGV[4])
return seq`

export function openRedisLog(redis: Redis): LiveLog {
  /** Answers the seq of the last event, or null when it was refused. */
  async function write(
    writer: RunWriter,
    events: Unnumbered[],
    { first = false, after }: { first?: boolean; after?: number },
  ) {
    const ended = isTerminal(events.at(-1)?.type ?? '') ? '1' : '0'
    const bell = eventsBell(writer.runId)
    const entries = events.map(storableJson)
    const [stream, head] = keysOf(writer.runId)
    const args = [writer.attempt, ended, channelOf(bell), bell, first ? '1' : '0', after ?? '', ...entries]
    const last = z.number().parse(await redis.eval(appendScript, 2, stream, head, ...args))
    return last < 0 ? null : last
  }

  return {
    async append(writer, events, delivery) {
      const made = events.map(event => unnumbered(writer, event))
      return numbered(writer, made, await write(writer, made, { after: delivery?.after }))
    },
    async begin(writer, event) {
      return (await write(writer, [unnumbered(writer, event)], { first: true })) !== null
    },
    async read(runId, afterSeq, limit) {
      const [stream] = keysOf(runId)
      const entries = await redis.xrange(stream, `${afterSeq + 1}-0`, '+', 'COUNT', limit)
      return entries.flatMap(([id, [, event = '']]): RunEvent[] => {
        const parsed = parseRunEvent({ ...JSON.parse(event), seq: Number(id.split('-')[0]) })
        return parsed ? [parsed] : []
      })
    },
    async head(runId) {
      const [seq, ended] = await redis.hmget(keysOf(runId)[1], 'seq', 'ended')
      return seq ? { seq: Number(seq), ended: ended === '1' } : undefined
    },
    async expire(runId) {
      const [stream, head] = keysOf(runId)
      await Promise.all([redis.pexpire(stream, keepAfterArchiveMs), redis.pexpire(head, keepAfterArchiveMs)])
    },
    async trim(runIds) {
      const keys = runIds.flatMap(keysOf)
      return keys.length > 0 ? redis.del(...keys) : 0
    },
  }
}

// The braces keep both keys of a run in one slot of a Redis cluster.
const keysOf = (runId: string): [string, string] => [`davylamp:{${runId}}:events`, `davylamp:{${runId}}:head`]
