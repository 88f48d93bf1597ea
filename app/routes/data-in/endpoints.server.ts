import type { Config } from '../../../db/config.ts'
import type { Endpoints } from './clients/client.ts'

/** Where clients send to, as far as the server knows: the public host with the OTLP ports. */
export function endpoints(config: Pick<Config, 'publicUrl' | 'otlpHttpPort' | 'otlpGrpcPort'>): Endpoints {
  const { protocol, hostname } = new URL(config.publicUrl)
  const at = (port: number) => `${protocol}//${hostname}:${port}`
  return { otlp: at(config.otlpHttpPort), grpc: at(config.otlpGrpcPort), api: config.publicUrl }
}
