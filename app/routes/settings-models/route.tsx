import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { KeyRound } from 'lucide-react'
import type { Config } from '../../../db/config.ts'
import { requireProject } from '../../access.server.ts'
import { Badge, StatusBadge } from '../../components/badge.tsx'
import { type PageHandle, Panel } from '../../components/page.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Models' }] }
export const meta: MetaFunction = () => [{ title: 'Models · Davylamp' }]

/** What a provider needs before its models can be called; the values themselves never leave the server. */
const needs: Record<string, { setting: string; isSet: (config: Config) => boolean }> = {
  openai: { setting: 'OPENAI_API_KEY', isSet: config => Boolean(config.openai.apiKey) },
  anthropic: { setting: 'ANTHROPIC_API_KEY', isSet: config => Boolean(config.anthropic.apiKey) },
  ollama: { setting: 'OLLAMA_BASE_URL', isSet: config => Boolean(config.ollama.baseUrl) },
}

export async function loader(args: LoaderFunctionArgs) {
  const { services } = await requireProject(args)
  const { config } = services
  const models = config.models.map(text => {
    const [provider = '', ...name] = text.split('/')
    const need = needs[provider]
    return { provider, model: name.join('/'), setting: need?.setting ?? '', ready: need?.isSet(config) ?? false }
  })
  return { models, openaiBaseUrl: config.openai.baseUrl }
}

export default function Models() {
  const { models, openaiBaseUrl } = useLoaderData<typeof loader>()
  const ready = models.filter(model => model.ready)
  return (
    <div className="grid gap-4">
      <Panel
        title="Models of the built-in workflows"
        lead="Tried in this order, each when the one before is down."
        flush
      >
        <ol className="mt-1">
          {models.map(({ provider, model, setting, ready }, at) => (
            <li
              key={`${provider}/${model}`}
              className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line/60 border-t px-4 py-2"
            >
              <span className="w-4 text-muted">{at + 1}</span>
              <span className="min-w-0 flex-1 max-sm:basis-4/5">
                <span className="block break-all font-mono">{model}</span>
                <span className="text-muted text-sm">
                  {provider}
                  {provider === 'openai' && openaiBaseUrl !== 'https://api.openai.com/v1' && ` at ${openaiBaseUrl}`}
                </span>
              </span>
              {ready ? (
                <StatusBadge status="ok">{setting} is set</StatusBadge>
              ) : (
                <Badge tone="warn" icon={KeyRound}>
                  {setting} is not set
                </Badge>
              )}
            </li>
          ))}
        </ol>
      </Panel>
      <Panel title={ready.length > 0 ? 'When no model answers' : 'Runs are served without a model'}>
        <p className="max-w-2xl">
          {ready.length > 0
            ? 'When every model above is down, a workflow serves its deterministic path: plain code that searches and quotes, and says so. '
            : 'No model has what it needs, so each workflow serves its deterministic path: plain code that searches and quotes, and says so. '}
          Those traces are marked <StatusBadge status="deterministic" /> and never counted among those of a model.
        </p>
        <p className="mt-2 max-w-2xl text-muted">
          Set <code>DAVYLAMP_MODEL</code> (<code>provider/model</code>, a dated version),{' '}
          <code>DAVYLAMP_MODEL_FALLBACKS</code> and the provider’s key in the environment, then start Davylamp again.
          Keys are read from the environment only.
        </p>
      </Panel>
    </div>
  )
}
