import { useFetcher } from '@remix-run/react'
import { CircleAlert, Send } from 'lucide-react'
import type { Channel } from '../../../db/alert-channels.ts'
import type { LastMessage } from '../../../db/channel-tests.ts'
import { channels } from '../../../db/domain/channels.ts'
import { type MetricId, metricById } from '../../../db/domain/metrics.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { Sent } from '../incident/history.tsx'
import { ChannelDialog } from './channel-form.tsx'
import type { action } from './route.tsx'

export type ShownChannel = Channel & { last?: LastMessage }

const lastWords = { incident: 'an alert', test: 'a test', ramp: 'a step of a ramp' }

export function ChannelRow({
  channel,
  mailServer,
  mayChange,
}: {
  channel: ShownChannel
  mailServer: boolean
  mayChange: boolean
}) {
  const { id, name, kind, config, enabled, broken, last } = channel
  const fetcher = useFetcher<typeof action>()
  const busy = fetcher.state !== 'idle'
  const send = (fields: Record<string, string>) => fetcher.submit({ id, ...fields }, { method: 'post' })
  return (
    <tr className={enabled ? undefined : 'text-muted'}>
      <td className="min-w-48 wrap-anywhere">
        <span className="font-medium">{name}</span>
        <span className="block text-muted">
          {channels[kind].label}
          {placeOf(config)}
        </span>
        {broken && (
          <>
            <Badge tone="bad" icon={CircleAlert}>
              stopped
            </Badge>{' '}
            <span className="text-bad">{broken}</span>
          </>
        )}
        {!enabled && <Badge>off</Badge>}
        {kind === 'email' && !mailServer && <Badge tone="warn">no mail server: set SMTP_URL</Badge>}
      </td>
      <td className="min-w-40 wrap-anywhere text-muted">{routeWords(channel)}</td>
      <td className="min-w-48">
        {last ? (
          <>
            <Sent status={last.status} /> <RelativeTime at={last.at} className="text-muted" />
            <span className="block wrap-anywhere text-muted">
              {lastWords[last.kind]}
              {last.error && `: ${last.error}`}
            </span>
          </>
        ) : (
          <span className="text-muted">none yet</span>
        )}
      </td>
      <td className="text-right">
        {mayChange && (
          <span className="inline-flex flex-wrap items-center justify-end gap-1 lg:flex-nowrap">
            {fetcher.data?.errors?.form && <span className="text-bad">{fetcher.data.errors.form}</span>}
            <Button size="sm" icon={Send} busy={busy} onClick={() => send({ intent: 'test' })}>
              Test
            </Button>
            <ChannelDialog channel={channel} mailServer={mailServer} />
            <Button
              size="sm"
              look="ghost"
              busy={busy}
              onClick={() => send({ intent: 'switch', enabled: String(!enabled) })}
            >
              {enabled ? 'Switch off' : 'Switch on'}
            </Button>
            <Remove name={name} onRemove={() => send({ intent: 'delete' })} />
          </span>
        )}
      </td>
    </tr>
  )
}

function Remove({ name, onRemove }: { name: string; onRemove: () => void }) {
  return (
    <ConfirmDialog
      title={`Delete “${name}”?`}
      description="Messages that wait for it are dropped, and nobody is told there any more."
      trigger={
        <Button size="sm" look="ghost">
          Delete
        </Button>
      }
      verb="Delete"
      onConfirm={onRemove}
    />
  )
}

function placeOf(config: Channel['config']): string {
  if ('to' in config) return `, ${config.to.join(', ')}`
  if ('channel' in config && config.channel) return `, ${config.channel}`
  if ('host' in config && config.host) return `, ${config.host}`
  return ''
}

function routeWords({ route, quiet }: Channel): string {
  const parts = [
    route.severities.length === 1 && `${route.severities[0]}s only`,
    route.workflows.length > 0 && `workflows ${route.workflows.join(', ')}`,
    route.metrics.length > 0 && route.metrics.map(id => metricById(id as MetricId).label).join(', '),
    quiet && `quiet from ${quiet.from} to ${quiet.to} ${quiet.zone}`,
  ].filter(Boolean)
  return parts.join('; ') || 'everything'
}
