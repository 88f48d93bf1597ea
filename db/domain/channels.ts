import { z } from 'zod'
import type { Severity } from './alert-rule.ts'
import { clock, type Subject, zone } from './silences.ts'

export const channelKinds = ['slack', 'email', 'webhook', 'pagerduty'] as const
export type ChannelKind = (typeof channelKinds)[number]

const url = z.string().trim().max(2000).refine(isHttp, 'must be a URL that begins with https:// or http://')
const base = (fallback: string) =>
  z.preprocess(given => given || fallback, url).transform(text => text.replace(/\/+$/, ''))
const address = z.email('is not an e-mail address')
const addresses = z
  .union([z.string().transform(text => text.split(/[\s,;]+/).filter(Boolean)), z.array(z.string())])
  .pipe(z.array(address).min(1, 'Give at least one e-mail address.').max(50, 'At most 50 addresses a channel.'))

/**
 * What each kind of channel is set up by: `config` may be shown, `secret` never leaves the store but to its receiver.
 * A row of fields is what a form asks for.
 */
export const channels = {
  slack: {
    label: 'Slack',
    config: z.object({
      by: z.enum(['webhook', 'bot']).default('webhook'),
      channel: z.string().trim().max(100).default(''),
      api: base('https://slack.com/api'),
    }),
    secret: z.union([
      z.object({ url }),
      z.object({ token: z.string().trim().min(10, 'is too short for a bot token').max(500) }),
    ]),
  },
  email: { label: 'E-mail', config: z.object({ to: addresses }), secret: z.object({}) },
  webhook: {
    label: 'Webhook',
    config: z.object({ host: z.string().default('') }),
    secret: z.object({ url, signingSecret: z.string().regex(/^whsec_[A-Za-z0-9+/=]{24,}$/, 'must begin with whsec_') }),
  },
  pagerduty: {
    label: 'PagerDuty',
    config: z.object({ api: base('https://events.pagerduty.com/v2/enqueue') }),
    secret: z.object({
      routingKey: z
        .string()
        .trim()
        .regex(/^[A-Za-z0-9]{32}$/, 'must be the 32 letters and digits of an Events API v2 integration'),
    }),
  },
} as const

export type ConfigOf<K extends ChannelKind> = z.output<(typeof channels)[K]['config']>
export type SecretOf<K extends ChannelKind> = z.output<(typeof channels)[K]['secret']>
export type ChannelConfig = ConfigOf<ChannelKind>

/** What a channel takes; an empty list takes all. */
export const route = z.object({
  severities: z.array(z.enum(['warning', 'page'])).default([]),
  workflows: z.array(z.string().max(200)).max(200).default([]),
  metrics: z.array(z.string().max(100)).max(50).default([]),
})
export type Route = z.output<typeof route>

export const quietHours = z.object({ from: clock, to: clock, zone })
export type { QuietHours } from './silences.ts'

type Routed = { id: string; route: Route; enabled: boolean; broken: string | null }

/** The channels that an incident goes to: those that its rule names, else those whose route takes it. */
export function routeTo<C extends Routed>(all: readonly C[], named: readonly string[], subject: Subject): C[] {
  const able = all.filter(({ enabled, broken }) => enabled && broken === null)
  return able.filter(({ id, route }) => (named.length > 0 ? named.includes(id) : takes(route, subject)))
}

const any = (list: readonly string[], value: string) => list.length === 0 || list.includes(value)
const takes = (
  { severities, workflows, metrics }: Route,
  { severity, scope, metric }: { severity: Severity; scope: string; metric: string },
) => any(severities, severity) && any(metrics, metric) && any(workflows, scope)

function isHttp(text: string) {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
