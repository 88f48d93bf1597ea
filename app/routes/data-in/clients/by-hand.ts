import { type Client, type Endpoints, model } from './client.ts'

const group = 'By hand'

/** Without any library. */
export const byHand = ({ otlp, api }: Endpoints, key: string): Client[] => [
  {
    id: 'curl',
    group,
    label: 'curl',
    lead: 'One span by hand, to see that it arrives.',
    steps: [{ label: 'shell', text: curl(otlp, key), runs: 'bash' }],
  },
  {
    id: 'runs',
    group,
    label: 'Run API',
    lead: 'Lets Davylamp run a workflow: it answers at once, streams as it works, and records the trace itself.',
    steps: [
      { label: 'start', text: run(api, key) },
      { label: 'stream', text: `curl -N ${api}/v1/runs/RUN_ID/stream \\\n  -H "Authorization: Bearer ${key}"` },
      { label: 'feedback', text: feedback(api, key) },
    ],
  },
]

const curl = (otlp: string, key: string) => `now=$(date +%s)
curl ${otlp}/v1/traces \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"curl"}}]},
    "scopeSpans":[{"spans":[{
      "traceId":"'$(openssl rand -hex 16)'","spanId":"'$(openssl rand -hex 8)'","name":"chat hello","kind":3,
      "startTimeUnixNano":"'$now'000000000","endTimeUnixNano":"'$now'750000000",
      "attributes":[
        {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
        {"key":"gen_ai.provider.name","value":{"stringValue":"openai"}},
        {"key":"gen_ai.request.model","value":{"stringValue":"${model}"}},
        {"key":"gen_ai.usage.input_tokens","value":{"intValue":"12"}},
        {"key":"gen_ai.usage.output_tokens","value":{"intValue":"5"}}]}]}]}]}'`

const run = (api: string, key: string) => `curl ${api}/v1/runs \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"workflow":"analyze","input":{"question":"How do I send spans?"},"user_id":"user-1"}'`

const feedback = (api: string, key: string) => `curl ${api}/v1/signals \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"trace_id":"TRACE_ID","kind":"thumbs","value":-1,"comment":"The wrong refund window."}'`
