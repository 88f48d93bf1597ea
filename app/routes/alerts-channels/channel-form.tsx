import { useFetcher } from '@remix-run/react'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { Channel } from '../../../db/alert-channels.ts'
import { type ChannelKind, channelKinds, channels } from '../../../db/domain/channels.ts'
import { metrics } from '../../../db/domain/metrics.ts'
import { Button } from '../../components/button.tsx'
import { CodeBlock } from '../../components/code-block.tsx'
import { Dialog, DialogClose } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Checkbox, Input } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { action } from './route.tsx'

type Errors = Record<string, string>

/** Adds a channel, or changes one: a secret that is left empty stays as it is. */
export function ChannelDialog({ channel, mailServer }: { channel?: Channel; mailServer: boolean }) {
  const [round, setRound] = useState(0)
  return <OpenDialog key={round} channel={channel} mailServer={mailServer} onDone={() => setRound(round + 1)} />
}

function OpenDialog({ channel, mailServer, onDone }: { channel?: Channel; mailServer: boolean; onDone: () => void }) {
  const fetcher = useFetcher<typeof action>()
  const [kind, setKind] = useState<ChannelKind>(channel?.kind ?? 'slack')
  const [open, setOpen] = useState(false)
  const errors: Errors = fetcher.data?.errors ?? {}
  const secret = fetcher.data?.signingSecret
  const done = fetcher.state === 'idle' && fetcher.data?.done === true
  if (done && !secret && open) {
    setOpen(false)
    onDone()
  }
  return (
    <Dialog
      title={secret ? 'The signing secret' : channel ? `Change “${channel.name}”` : 'New channel'}
      description={
        secret ? 'Verify each message with it, as Standard Webhooks describes. It is not shown again.' : undefined
      }
      open={open}
      onOpenChange={now => {
        setOpen(now)
        if (!now && done) onDone()
      }}
      wide
      trigger={
        channel ? (
          <Button size="sm" look="ghost">
            Change
          </Button>
        ) : (
          <Button look="primary" icon={Plus} size="sm">
            New channel
          </Button>
        )
      }
      actions={
        secret && (
          <DialogClose>
            <Button look="primary">Done</Button>
          </DialogClose>
        )
      }
    >
      {secret ? (
        <CodeBlock label="Signing secret" text={secret} />
      ) : (
        <fetcher.Form method="post" className="grid gap-4" noValidate>
          {errors.form && <ErrorState title={errors.form} />}
          <input type="hidden" name="id" value={channel?.id ?? ''} />
          <div className="grid items-start gap-4 sm:grid-cols-2">
            <Field label="Name" error={errors.name}>
              <Input name="name" defaultValue={channel?.name} maxLength={100} autoComplete="off" />
            </Field>
            {channel ? (
              <input type="hidden" name="kind" value={kind} />
            ) : (
              <Field label="Kind">
                <Select
                  name="kind"
                  value={kind}
                  onChange={value => setKind(value as ChannelKind)}
                  options={channelKinds.map(value => ({ value, label: channels[value].label }))}
                />
              </Field>
            )}
          </div>
          <Place kind={kind} channel={channel} errors={errors} mailServer={mailServer} />
          <Routing channel={channel} errors={errors} />
          <div className="flex justify-end">
            <Button type="submit" look="primary" busy={fetcher.state !== 'idle'}>
              Save
            </Button>
          </div>
        </fetcher.Form>
      )}
    </Dialog>
  )
}

type PlaceProps = { kind: ChannelKind; channel?: Channel; errors: Errors; mailServer: boolean }

function Place({ kind, channel, errors, mailServer }: PlaceProps) {
  const config = channel?.config
  const kept = channel ? 'Empty: stays as it is.' : undefined
  if (kind === 'email')
    return (
      <Field
        label="Addresses"
        error={errors.to}
        hint={
          mailServer
            ? 'Several, with commas between.'
            : 'Set SMTP_URL: no mail server is set, so nothing can be sent yet.'
        }
      >
        <Input name="to" defaultValue={config && 'to' in config ? config.to.join(', ') : ''} autoComplete="off" />
      </Field>
    )
  if (kind === 'webhook')
    return (
      <Field
        label="URL"
        error={errors.url}
        hint={kept ?? 'It gets a signed POST for each change of an incident. Changing it makes a new signing secret.'}
      >
        <Input name="url" type="url" autoComplete="off" placeholder="https://" />
      </Field>
    )
  if (kind === 'pagerduty')
    return (
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label="Integration key" error={errors.routingKey} hint={kept ?? 'Of an Events API v2 integration.'}>
          <Input name="routingKey" type="password" autoComplete="new-password" />
        </Field>
        <Field
          label="Events API"
          error={errors.api}
          hint="Another for the EU: https://events.eu.pagerduty.com/v2/enqueue"
        >
          <Input
            name="api"
            type="url"
            defaultValue={config && 'api' in config ? config.api : 'https://events.pagerduty.com/v2/enqueue'}
            autoComplete="off"
          />
        </Field>
      </div>
    )
  return <SlackPlace channel={channel} errors={errors} kept={kept} />
}

function SlackPlace({ channel, errors, kept }: { channel?: Channel; errors: Errors; kept?: string }) {
  const config = channel?.config && 'by' in channel.config ? channel.config : undefined
  const [by, setBy] = useState<string>(config?.by ?? 'webhook')
  return (
    <>
      <Field label="By">
        <Select
          name="by"
          value={by}
          onChange={setBy}
          options={[
            {
              value: 'webhook',
              label: 'an incoming webhook',
              hint: 'One message when it begins, one when it is over.',
            },
            {
              value: 'bot',
              label: 'a bot token',
              hint: 'The message is edited in place when somebody is at it or it is over.',
            },
          ]}
        />
      </Field>
      {by === 'webhook' ? (
        <Field label="Webhook URL" error={errors.url} hint={kept}>
          <Input name="url" type="url" autoComplete="off" placeholder="https://hooks.slack.com/services/…" />
        </Field>
      ) : (
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Field label="Bot token" error={errors.token} hint={kept ?? 'xoxb-…, with the scope chat:write.'}>
            <Input name="token" type="password" autoComplete="new-password" />
          </Field>
          <Field label="Channel id" error={errors.channel}>
            <Input name="channel" defaultValue={config?.channel} autoComplete="off" placeholder="C0123456789" />
          </Field>
          <Field label="Slack API" error={errors.api}>
            <Input name="api" type="url" defaultValue={config?.api ?? 'https://slack.com/api'} autoComplete="off" />
          </Field>
        </div>
      )}
    </>
  )
}

function Routing({ channel, errors }: { channel?: Channel; errors: Errors }) {
  const { route, quiet } = channel ?? { route: { severities: [], workflows: [], metrics: [] as string[] }, quiet: null }
  const [isQuiet, setQuiet] = useState(quiet !== null)
  return (
    <details open={channel !== undefined}>
      <summary className="w-fit font-medium text-sm">Route and quiet hours</summary>
      <div className="mt-2 grid gap-3">
        <Checkbox name="pagesOnly" label="Pages only" defaultChecked={route.severities.length > 0} />
        <Field label="Only these workflows" optional error={errors.workflows}>
          <Input name="workflows" defaultValue={route.workflows.join(', ')} autoComplete="off" />
        </Field>
        <fieldset className="flex flex-wrap gap-x-3 gap-y-1">
          <legend className="mb-1 font-medium text-sm">Only these metrics</legend>
          {metrics.map(({ id, label }) => (
            <Checkbox key={id} name="metrics" value={id} label={label} defaultChecked={route.metrics.includes(id)} />
          ))}
        </fieldset>
        <Checkbox
          name="quiet"
          label="Quiet hours: only pages go through"
          checked={isQuiet}
          onChange={event => setQuiet(event.target.checked)}
        />
        {isQuiet && (
          <div className="grid items-start gap-4 sm:grid-cols-3">
            <Field label="From" error={errors.from}>
              <Input name="from" type="time" defaultValue={quiet?.from ?? '22:00'} />
            </Field>
            <Field label="To" error={errors.to}>
              <Input name="to" type="time" defaultValue={quiet?.to ?? '07:00'} />
            </Field>
            <Field label="Time zone" error={errors.zone}>
              <Input name="zone" defaultValue={quiet?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone} />
            </Field>
          </div>
        )}
      </div>
    </details>
  )
}
