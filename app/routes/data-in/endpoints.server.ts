import type { Config } from '../../../db/config.ts'
import type { Endpoints } from './snippets.ts'

/** Where clients send to, as far as the server knows: the public host with the OTLP port. */
export function endpoints({ publicUrl, otlpHttpPort }: Pick<Config, 'publicUrl' | 'otlpHttpPort'>): Endpoints {
  const url = new URL(publicUrl)
  return { otlp: `${url.protocol}//${url.hostname}:${otlpHttpPort}`, api: publicUrl }
}
