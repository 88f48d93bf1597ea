import { z } from 'zod'
import type { Channel, ChannelFields } from '../../../db/alert-channels.ts'
import { channelKinds, channels, quietHours, route } from '../../../db/domain/channels.ts'
import { checkUrl } from '../../../db/outbound.ts'
import { newSigningSecret } from '../../../db/sealed.ts'

type Read = { fields: ChannelFields; signingSecret?: string; errors?: undefined } | { errors: Record<string, string> }

/**
 * A channel as its form sends it. A secret that is left empty stays as it is, where there is one. Of a webhook the signing
 * secret is made here and shown once.
 */
export function readChannelForm(
  form: FormData,
  { isNew, allowPrivate }: { isNew: boolean; allowPrivate: boolean },
): Read {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const kind = z.enum(channelKinds).safeParse(text('kind'))
  if (!kind.success) return { errors: { form: 'Choose what kind of channel it is.' } }
  const errors: Record<string, string> = {}
  const name = text('name')
  if (name === '' || name.length > 100) errors.name = 'Name the channel, in at most 100 characters.'
  const given = { url: text('url'), token: text('token'), routingKey: text('routingKey') }
  const host = URL.canParse(given.url) ? new URL(given.url).host : ''
  const config = channels[kind.data].config.safeParse({
    by: text('by') || undefined,
    channel: text('channel'),
    api: text('api'),
    to: text('to'),
    ...(host && { host }),
  })
  if (!config.success) note(config.error)
  if (kind.data === 'slack' && text('by') === 'bot' && text('channel') === '')
    errors.channel = 'Give the id of the Slack channel, like C0123456789.'
  for (const url of [given.url, text('api')].filter(Boolean)) refuse(url, url === given.url ? 'url' : 'api')
  const signingSecret = kind.data === 'webhook' && given.url !== '' ? newSigningSecret() : undefined
  const untouched = given.url === '' && given.token === '' && given.routingKey === ''
  const secret =
    untouched && !isNew
      ? undefined
      : channels[kind.data].secret.safeParse(
          kind.data === 'slack'
            ? text('by') === 'bot'
              ? { token: given.token }
              : { url: given.url }
            : { ...given, signingSecret },
        )
  if (secret && !secret.success)
    errors[kind.data === 'pagerduty' ? 'routingKey' : text('by') === 'bot' ? 'token' : 'url'] ??=
      'This is needed, and is not what is expected.'
  const severities = form.get('pagesOnly') === 'on' ? ['page'] : []
  const routed = route.safeParse({
    severities,
    workflows: list('workflows'),
    metrics: form.getAll('metrics').map(String),
  })
  if (!routed.success) note(routed.error)
  const quiet =
    form.get('quiet') === 'on'
      ? quietHours.safeParse({ from: text('from'), to: text('to'), zone: text('zone') || 'UTC' })
      : undefined
  if (quiet && !quiet.success) note(quiet.error)
  if (Object.keys(errors).length > 0 || !config.success || !routed.success) return { errors }
  return {
    fields: {
      name,
      kind: kind.data,
      config: config.data,
      route: routed.data,
      quiet: quiet?.data ?? null,
      ...(secret?.data && { secret: secret.data }),
    },
    signingSecret,
  }

  function list(field: string) {
    return text(field)
      .split(',')
      .map(value => value.trim())
      .filter(Boolean)
  }
  function note(error: z.ZodError) {
    for (const { path, message } of error.issues) errors[String(path[0] ?? 'form')] ??= message
  }
  function refuse(url: string, field: string) {
    try {
      checkUrl(url, { allowPrivate })
    } catch (error) {
      errors[field] = error instanceof Error ? error.message : String(error)
    }
  }
}

/** Of a channel whose secret is kept, where it goes is kept too; another way to Slack needs another secret. */
export function keepPlace(fields: ChannelFields, known: Channel): Record<string, string> | undefined {
  if (fields.secret) return undefined
  if ('by' in fields.config && 'by' in known.config && fields.config.by !== known.config.by)
    return { [fields.config.by === 'bot' ? 'token' : 'url']: 'This is needed for the other way to Slack.' }
  if ('api' in fields.config && 'api' in known.config && fields.config.api !== known.config.api) {
    const field = known.kind === 'pagerduty' ? 'routingKey' : 'token'
    return { [field]: 'This is needed for another address: the one that is kept goes only where it was meant for.' }
  }
  if (known.kind === 'webhook') fields.config = known.config
  return undefined
}
