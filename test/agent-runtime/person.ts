import { randomUUID } from 'node:crypto'
import { hashPassword } from 'better-auth/crypto'
import type { Services } from '../../db/services.ts'

const password = 'correct horse battery'

/** A person with an account, an owner of the project, signed in: the cookie a browser would send. */
export async function signedIn(
  { auth, postgres: { sql } }: Services,
  projectId: string,
): Promise<{ userId: string; cookie: string }> {
  const userId = randomUUID()
  const email = `${userId}@example.com`
  await sql`insert into users (id, name, email) values (${userId}, 'Ada', ${email})`
  await sql`
    insert into auth_accounts (id, user_id, account_id, provider_id, password)
    values (${randomUUID()}, ${userId}, ${userId}, 'credential', ${await hashPassword(password)})`
  await sql`insert into members (project_id, user_id, role) values (${projectId}, ${userId}, 'owner')`
  const answer = await auth.api.signInEmail({ body: { email, password }, asResponse: true })
  const cookie = answer.headers
    .getSetCookie()
    .map(text => text.split(';')[0])
    .join('; ')
  return { userId, cookie }
}
