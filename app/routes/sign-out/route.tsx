import { type ActionFunctionArgs, redirect } from '@remix-run/node'
import { signOut } from '../../sign-in.server.ts'

export const loader = () => redirect('/')

export async function action({ context, request }: ActionFunctionArgs) {
  throw redirect('/sign-in', { headers: await signOut(context.services, request) })
}
