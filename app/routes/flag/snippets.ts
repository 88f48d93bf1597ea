import type { Flag } from '../../../db/domain/flags/flag.ts'
import { keyPlaceholder } from '../data-in/snippets.ts'

export type Snippet = { id: string; label: string; lead: string; steps: { label: string; text: string }[] }

const getters = {
  boolean: 'getBooleanValue',
  string: 'getStringValue',
  number: 'getNumberValue',
  object: 'getObjectValue',
}

/** How an application asks for a flag, ready to paste. `api` is the dashboard's own address. */
export function snippets(flag: Flag, api: string): Snippet[] {
  const getter = flag.kind === 'workflow' ? getters.string : getters[flag.type]
  const otherwise = flag.kind === 'workflow' ? "'control'" : JSON.stringify(flag.variants[flag.offVariant])
  const ask = (context: string) => `${getter}('${flag.key}', ${otherwise}${context})`
  const runs: Snippet = {
    id: 'runs',
    label: 'Run API',
    lead: 'Runs of this workflow are dealt by user_id and metadata; nothing else is to be done.',
    steps: [
      {
        label: 'shell',
        text: `curl ${api}/v1/runs \\
  -H "authorization: Bearer $DAVYLAMP_API_KEY" -H 'content-type: application/json' \\
  -d '{"workflow":"${flag.key}","input":{},"user_id":"ada","metadata":{"plan":"pro"}}'`,
      },
    ],
  }
  return [
    ...(flag.kind === 'workflow' ? [runs] : []),
    {
      id: 'server',
      label: 'OpenFeature, server',
      lead: 'The hook writes the evaluation on the active span, so that the trace counts as exposed.',
      steps: [
        {
          label: 'install',
          text: 'npm install @openfeature/server-sdk @openfeature/ofrep-provider @openfeature/ofrep-core@0.1 @openfeature/open-telemetry-hooks',
        },
        { label: 'flags.mjs', text: serverSnippet(api, ask(", { targetingKey: 'ada' }")) },
      ],
    },
    {
      id: 'web',
      label: 'OpenFeature, web',
      lead: 'In a page use a client key (Settings, API keys), and mark the flag as public.',
      steps: [
        { label: 'install', text: 'npm install @openfeature/web-sdk @openfeature/ofrep-web-provider' },
        { label: 'flags.js', text: webSnippet(api, ask('')) },
      ],
    },
    {
      id: 'curl',
      label: 'curl',
      lead: 'The OpenFeature Remote Evaluation Protocol, for any language.',
      steps: [
        {
          label: 'shell',
          text: `curl ${api}/ofrep/v1/evaluate/flags/${encodeURIComponent(flag.key)} \\
  -H "authorization: Bearer $DAVYLAMP_API_KEY" -H 'content-type: application/json' \\
  -d '{"context":{"targetingKey":"ada"}}'`,
        },
      ],
    },
  ]
}

const serverSnippet = (api: string, ask: string) => `import { OFREPProvider } from '@openfeature/ofrep-provider'
import { SpanEventHook } from '@openfeature/open-telemetry-hooks'
import { OpenFeature } from '@openfeature/server-sdk'

const headers = [['authorization', 'Bearer ${keyPlaceholder}']]
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: '${api}', headers }))
OpenFeature.addHooks(new SpanEventHook())

const value = await OpenFeature.getClient().${ask}`

const webSnippet = (api: string, ask: string) => `import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature } from '@openfeature/web-sdk'

const headers = [['authorization', 'Bearer YOUR_CLIENT_KEY']]
await OpenFeature.setContext({ targetingKey: 'ada' })
await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl: '${api}', headers }))

const value = OpenFeature.getClient().${ask}`
