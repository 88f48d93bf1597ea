import { type Client, type Endpoints, model } from './client.ts'
import { exporterInPython } from './opentelemetry.ts'

const group = 'Libraries'

/** Libraries that trace by themselves, each by its own convention. */
export const instrumentations = ({ otlp }: Endpoints, key: string): Client[] => [
  {
    id: 'langchain-js',
    group,
    label: 'LangChain.js',
    lead: 'LangChain and LangGraph through OpenInference.',
    steps: [
      {
        label: 'install',
        text: `npm install @arizeai/openinference-instrumentation-langchain @langchain/core @langchain/openai ${sdk}`,
      },
      { label: 'tracing.mjs', text: langchainJs(otlp, key), runs: 'node' },
    ],
  },
  {
    id: 'langchain',
    group,
    label: 'LangChain in Python',
    lead: 'LangChain and LangGraph through OpenInference; the same works for LlamaIndex, OpenAI and others.',
    steps: [
      {
        label: 'install',
        text: 'pip install openinference-instrumentation-langchain opentelemetry-sdk opentelemetry-exporter-otlp-proto-http',
      },
      { label: 'tracing.py', text: langchainPython(otlp, key) },
    ],
  },
  {
    id: 'ai-sdk',
    group,
    label: 'Vercel AI SDK',
    lead: 'The SDK traces a call whose telemetry is enabled.',
    steps: [
      { label: 'install', text: `npm install ai @ai-sdk/openai ${sdk}` },
      { label: 'tracing.mjs', text: aiSdk(otlp, key), runs: 'node' },
    ],
  },
  {
    id: 'openllmetry',
    group,
    label: 'OpenLLMetry in Node.js',
    lead: 'Traceloop’s instrumentations with the OpenTelemetry SDK. With its own SDK, give initialize() this baseUrl and headers.',
    steps: [
      { label: 'install', text: `npm install openai @traceloop/instrumentation-openai ${sdk}` },
      { label: 'tracing.mjs', text: openllmetry(otlp, key), runs: 'node' },
    ],
  },
  {
    id: 'openllmetry-python',
    group,
    label: 'OpenLLMetry in Python',
    lead: 'Traceloop’s SDK, sending here instead of to its own service.',
    steps: [
      { label: 'install', text: 'pip install traceloop-sdk' },
      {
        label: 'tracing.py',
        text: `from traceloop.sdk import Traceloop

Traceloop.init(
    app_name="my-app",
    api_endpoint="${otlp}",
    headers={"authorization": "Bearer ${key}"},
)`,
      },
    ],
  },
  {
    id: 'langfuse',
    group,
    label: 'Langfuse SDK for Node.js',
    lead: 'The SDK sends to /api/public/otel with Basic authentication: any public key, and an API key of this project as the secret key.',
    steps: [
      { label: 'install', text: 'npm install @langfuse/otel @langfuse/tracing @opentelemetry/sdk-trace-node' },
      { label: 'tracing.mjs', text: langfuse(otlp, key), runs: 'node' },
    ],
  },
  {
    id: 'langfuse-python',
    group,
    label: 'Langfuse SDK for Python',
    lead: 'Nothing but where it sends to changes.',
    steps: [
      {
        label: 'environment',
        text: [
          `export LANGFUSE_BASE_URL="${otlp}"`,
          'export LANGFUSE_PUBLIC_KEY="davylamp"',
          `export LANGFUSE_SECRET_KEY="${key}"`,
        ].join('\n'),
      },
    ],
  },
  {
    id: 'langsmith',
    group,
    label: 'LangSmith',
    lead: 'LangSmith’s SDKs send OpenTelemetry when they are told to: by these variables in Python, by a call in Node.js.',
    steps: [
      {
        label: 'environment',
        text: [
          'export LANGSMITH_TRACING=true',
          'export LANGSMITH_OTEL_ENABLED=true',
          'export LANGSMITH_OTEL_ONLY=true',
          `export LANGSMITH_ENDPOINT="${otlp}"`,
          `export OTEL_EXPORTER_OTLP_ENDPOINT="${otlp}"`,
          `export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer ${key}"`,
        ].join('\n'),
      },
      { label: 'tracing.mjs', text: langsmith(otlp, key), runs: 'node' },
    ],
  },
]

const sdk = '@opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-proto'

const exporterImports = `import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'`

const provider = (otlp: string, key: string) => `const exporter = new OTLPTraceExporter({
  url: '${otlp}/v1/traces',
  headers: { authorization: 'Bearer ${key}' },
})
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
provider.register()`

const langchainJs = (
  otlp: string,
  key: string,
) => `import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain'
import * as callbacks from '@langchain/core/callbacks/manager'
import { ChatOpenAI } from '@langchain/openai'
${exporterImports}

${provider(otlp, key)}
new LangChainInstrumentation({ tracerProvider: provider }).manuallyInstrument(callbacks)

const model = new ChatOpenAI({ model: '${model}' })
await model.invoke('Hello?', { metadata: { session_id: 'session-1', user_id: 'user-1' } })
await provider.shutdown()`

const langchainPython = (
  otlp: string,
  key: string,
) => `from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

${exporterInPython(otlp, key)}
LangChainInstrumentor().instrument(tracer_provider=provider)

# Your chains and graphs are traced from here on.`

const aiSdk = (otlp: string, key: string) => `import { openai } from '@ai-sdk/openai'
${exporterImports}
import { generateText } from 'ai'

${provider(otlp, key)}

await generateText({
  model: openai.chat('${model}'),
  prompt: 'Hello?',
  experimental_telemetry: {
    isEnabled: true,
    functionId: 'greeting',
    metadata: { sessionId: 'session-1', userId: 'user-1' },
  },
})
await provider.shutdown()`

const openllmetry = (otlp: string, key: string) => `${exporterImports}
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai'
import { OpenAI } from 'openai'

${provider(otlp, key)}
const instrumentation = new OpenAIInstrumentation()
instrumentation.setTracerProvider(provider)
instrumentation.manuallyInstrument(OpenAI)

await new OpenAI().chat.completions.create({
  model: '${model}',
  messages: [{ role: 'user', content: 'Hello?' }],
})
await provider.shutdown()`

const langfuse = (otlp: string, key: string) => `import { LangfuseSpanProcessor } from '@langfuse/otel'
import { startObservation } from '@langfuse/tracing'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

const processor = new LangfuseSpanProcessor({ baseUrl: '${otlp}', publicKey: 'davylamp', secretKey: '${key}' })
const provider = new NodeTracerProvider({ spanProcessors: [processor] })
provider.register()

const generation = startObservation(
  'greeting',
  { model: '${model}', input: 'Hello?', output: 'Hello!', usageDetails: { input: 12, output: 5 } },
  { asType: 'generation' },
)
generation.end()
await provider.shutdown()`

const langsmith = (otlp: string, key: string) => `import { initializeOTEL } from 'langsmith/experimental/otel/setup'
import { traceable } from 'langsmith/traceable'
import { env } from 'node:process'

env.LANGSMITH_TRACING = 'true'
env.LANGSMITH_OTEL_ENABLED = 'true'
env.LANGSMITH_ENDPOINT = '${otlp}' // Nothing is asked of LangSmith's own service.
const { DEFAULT_LANGSMITH_SPAN_PROCESSOR: processor } = initializeOTEL({
  exporterConfig: { url: '${otlp}/v1/traces', headers: { authorization: 'Bearer ${key}' } },
})

const greet = traceable(async question => \`You asked: \${question}\`, { name: 'greet', run_type: 'chain' })
await greet('Hello?')
await processor.shutdown()`
