import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { Wrench } from 'lucide-react'
import { requireAdmin, requireProject } from '../../access.server.ts'
import { FigureTable } from '../../components/figure-table.tsx'
import { share, whole } from '../../components/format.ts'
import { type PageHandle, Panel } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'
import { RuleForm } from './rule-form.tsx'
import { sentenceOf } from './rule-words.ts'
import { type Answer, changeTools, readTools } from './tools.server.ts'

export const handle: PageHandle = { crumbs: [{ label: 'Tools' }] }
export const meta: MetaFunction = () => [{ title: 'Tools · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  return {
    tools: await readTools(services, project.id, new Date()),
    mayChange: project.role === 'owner' || project.role === 'admin',
  }
}

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireAdmin(args)
  const answer = await changeTools({ services, user, project, form: await args.request.formData() })
  return data<Answer>(answer, { status: answer.status ?? 200 })
}

export default function Tools() {
  const { tools, mayChange } = useLoaderData<typeof loader>()
  return (
    <Panel
      title="When a tool came back empty"
      lead="A result of nothing, of {}, [] or null, or whose lists have no rows, counts as empty. Where a tool says it in another way, a rule tells how. Calls of the last 30 days."
      actions={mayChange && <RuleForm />}
      flush
    >
      {tools.length === 0 ? (
        <EmptyState icon={Wrench} title="No tool was called yet">
          Tools appear here with how often they failed or came back empty.
        </EmptyState>
      ) : (
        <FigureTable label="Tools" heads={['Tool', 'Calls', 'Failed', 'Empty', 'Rule', '']}>
          {tools.map(({ tool, calls, failed, empty, rule }) => (
            <tr key={tool}>
              <th scope="row">
                <span className="block max-w-64 break-all font-mono">{tool}</span>
              </th>
              <td>{whole(calls)}</td>
              <td>{calls > 0 ? share(failed / calls) : '–'}</td>
              <td>{calls > 0 ? share(empty / calls) : '–'}</td>
              <td className="!whitespace-normal max-w-72">
                {rule ? sentenceOf(rule) : <span className="text-muted">as every tool</span>}
              </td>
              <td>{mayChange && <RuleForm tool={tool} rule={rule} />}</td>
            </tr>
          ))}
        </FigureTable>
      )}
    </Panel>
  )
}
