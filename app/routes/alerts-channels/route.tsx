import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { Megaphone } from 'lucide-react'
import { createChannel, deleteChannel, listChannels, updateChannel } from '../../../db/alert-channels.ts'
import { lastMessages, sendTest } from '../../../db/channel-tests.ts'
import type { SecretOf } from '../../../db/domain/channels.ts'
import { recordAudit } from '../../../db/projects.ts'
import { runWebhookSecret } from '../../../db/sealed.ts'
import { requireAdmin, requireProject } from '../../access.server.ts'
import { CodeBlock } from '../../components/code-block.tsx'
import { useLive } from '../../components/live-toggle.tsx'
import { type PageHandle, Panel } from '../../components/page.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { EmptyState } from '../../components/states.tsx'
import { keepPlace, readChannelForm } from './channel-form.server.ts'
import { ChannelDialog } from './channel-form.tsx'
import { ChannelRow } from './channel-row.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Channels' }] }
export const meta: MetaFunction = () => [{ title: 'Channels · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const [channels, last] = await Promise.all([
    listChannels(services.postgres, project.id),
    lastMessages(services.postgres, project.id),
  ])
  const mayChange = project.role === 'owner' || project.role === 'admin'
  return {
    channels: channels.map(channel => ({ ...channel, last: last.find(one => one.channelId === channel.id) })),
    mailServer: services.config.smtpUrl !== undefined,
    runSecret: mayChange ? runWebhookSecret(services.secret, project.id) : undefined,
    mayChange,
  }
}

type Answer = { errors?: Record<string, string>; done?: boolean; signingSecret?: string }

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireAdmin(args)
  const { postgres, secret, config } = services
  const form = await args.request.formData()
  const id = String(form.get('id') ?? '')
  const key = { projectId: project.id, id }
  const note = { projectId: project.id, userId: user.id, subject: id }
  const gone = data<Answer>({ errors: { form: 'This channel is gone.' } }, { status: 404 })
  switch (form.get('intent')) {
    case 'test': {
      const known = (await listChannels(postgres, project.id)).some(channel => channel.id === id)
      if (!known) return gone
      await sendTest(postgres, { projectId: project.id, channelId: id })
      return data<Answer>({ done: true })
    }
    case 'delete':
      if (!(await deleteChannel(postgres, key))) return gone
      await recordAudit(postgres, { ...note, action: 'channel.deleted' })
      return data<Answer>({ done: true })
    case 'switch': {
      const enabled = form.get('enabled') === 'true'
      if (!(await updateChannel(postgres, key, { enabled }, secret))) return gone
      await recordAudit(postgres, { ...note, action: enabled ? 'channel.switched on' : 'channel.switched off' })
      return data<Answer>({ done: true })
    }
  }
  const read = readChannelForm(form, { isNew: id === '', allowPrivate: config.allowPrivateAddresses })
  if (read.errors) return data<Answer>({ errors: read.errors }, { status: 400 })
  const { fields, signingSecret } = read
  const { secret: _, ...told } = fields
  if (id === '') {
    const made = await createChannel(
      postgres,
      project.id,
      { ...fields, secret: fields.secret as SecretOf<typeof fields.kind> },
      { instanceSecret: secret, createdBy: user.id },
    )
    await recordAudit(postgres, { ...note, subject: made, action: 'channel.created', detail: told })
  } else {
    const known = (await listChannels(postgres, project.id)).find(channel => channel.id === id)
    if (!known || known.kind !== fields.kind) return gone
    const errors = keepPlace(fields, known)
    if (errors) return data<Answer>({ errors }, { status: 400 })
    if (!(await updateChannel(postgres, key, fields, secret))) return gone
    await recordAudit(postgres, { ...note, action: 'channel.changed', detail: told })
  }
  return data<Answer>({ done: true, signingSecret }, { headers: { 'cache-control': 'no-store' } })
}

export default function Channels() {
  const { channels, mailServer, runSecret, mayChange } = useLoaderData<typeof loader>()
  useLive(
    channels.some(({ last }) => last?.status === 'waiting'),
    1_000,
  )
  return (
    <div className="grid gap-4">
      <Panel
        title="Channels"
        lead="Where alerts go. Each takes all of them, or those that its route names."
        actions={mayChange && <ChannelDialog mailServer={mailServer} />}
        flush
      >
        {channels.length === 0 ? (
          <EmptyState icon={Megaphone} title="No channel yet">
            Until there is one, incidents appear on these pages only. Add Slack, e-mail, a signed webhook or PagerDuty,
            and send a test.
          </EmptyState>
        ) : (
          <PlainTable label="Channels" head={['Channel', 'Takes', 'Last message', { hidden: 'Actions' }]}>
            {channels.map(channel => (
              <ChannelRow key={channel.id} channel={channel} mailServer={mailServer} mayChange={mayChange} />
            ))}
          </PlainTable>
        )}
      </Panel>
      {runSecret && (
        <Panel
          title="Run webhooks"
          lead="A run that was started with a webhook tells it when it has ended, signed with this secret as Standard Webhooks describes."
        >
          <details>
            <summary className="w-fit underline">Show the signing secret</summary>
            <div className="mt-2">
              <CodeBlock label="Signing secret of run webhooks" text={runSecret} />
            </div>
          </details>
        </Panel>
      )}
    </div>
  )
}
