export type Endpoints = {
  /** OTLP over HTTP, without /v1/traces. */
  otlp: string
  grpc: string
  /** The dashboard's own address: runs and signals. */
  api: string
}

export type Step = {
  label: string
  text: string
  /** What runs it as it stands, once its packages are there. */
  runs?: 'node' | 'bash' | 'browser'
}

/** What is to be pasted to send from one kind of client. */
export type Client = { id: string; label: string; group: string; lead: string; steps: Step[] }

export const model = 'gpt-4.1-mini-2025-04-14'
