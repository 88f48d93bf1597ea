import { seeded } from '../otlp-factory.ts'
import { type Input, judge, type Verdict } from './judge.ts'
import { mutateBytes, pick } from './mutate-bytes.ts'
import { mutateJson } from './mutate-json.ts'
import { seeds } from './seeds.ts'
import { shapes } from './wire-tree.ts'

export type Mutant = Input & { how: string[] }
export type Counts = Record<string, Record<Verdict, number> & { mostMs: number; bytes: number }>

/** The mutant of a number: the same in every run of one seed. */
export function mutant(seed: number, number: number): Mutant {
  const random = seeded((seed * 2_654_435_761 + number * 40_503) >>> 0)
  const signal = number % 4 < 2 ? ('traces' as const) : ('logs' as const)
  const encoding = number % 2 === 0 ? ('protobuf' as const) : ('json' as const)
  const from = seeds[signal][encoding]
  const [bytes, other] = [pick(random, from), pick(random, from)]
  const changed =
    encoding === 'json' ? mutateJson(random, bytes, other) : mutateBytes(random, bytes, other, shapes[signal])
  return { signal, encoding, ...changed }
}

/** An input that was neither rejected clearly nor taken rightly. */
export class Failure extends Error {
  readonly mutant: Mutant
  readonly number: number

  constructor(number: number, mutant: Mutant, cause: unknown) {
    super(`input ${number} (${mutant.signal}, ${mutant.encoding}; ${mutant.how.join(', ')}) failed: ${cause}`, {
      cause,
    })
    this.number = number
    this.mutant = mutant
  }
}

/** Tries the mutants of some numbers, and counts what became of them. Throws Failure at the first that is not well. */
export function fuzz(
  seed: number,
  from: number,
  to: number,
  counts: Counts = {},
  at = (_number: number) => {},
): Counts {
  for (let number = from; number < to; number++) {
    at(number)
    const input = mutant(seed, number)
    const began = performance.now()
    let verdict: Verdict
    try {
      verdict = judge(input)
    } catch (cause) {
      throw new Failure(number, input, cause)
    }
    const key = `${input.signal}, ${input.encoding}`
    const count = counts[key] ?? { rejected: 0, taken: 0, 'taken as protobufjs does': 0, mostMs: 0, bytes: 0 }
    count[verdict] += 1
    count.bytes += input.bytes.length
    count.mostMs = Math.max(count.mostMs, performance.now() - began)
    counts[key] = count
  }
  return counts
}
