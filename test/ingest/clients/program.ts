import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { cleanEnv } from '../../setup/product.ts'

/** What a client's program is told, as variables of its environment. */
export type Told = {
  INGEST_URL: string
  API_KEY: string
  MODEL_URL?: string
  OTEL_EXPORTER_OTLP_COMPRESSION?: 'gzip' | 'none'
}

/** Runs one of the programs beside this file to its end; fails with what it printed unless it ends well and quietly. */
export async function runProgram(name: string, told: Told, args: string[] = []): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, name), ...args], { env: cleanEnv(told) })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      printed += chunk
    })
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  if (code !== 0 || printed !== '') throw new Error(`${name} ended with ${code} and printed: ${printed}`)
}
