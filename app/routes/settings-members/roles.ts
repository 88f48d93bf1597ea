import type { MemberRole } from '../../../db/projects.ts'

/** What the roles may do, as a choice. */
export const roles: { value: MemberRole; label: string; hint: string }[] = [
  { value: 'viewer', label: 'Viewer', hint: 'Sees everything, changes nothing.' },
  { value: 'member', label: 'Member', hint: 'Works in it: inbox, flags, silences, incidents.' },
  { value: 'admin', label: 'Admin', hint: 'Settings, keys, channels and members besides.' },
  { value: 'owner', label: 'Owner', hint: 'All of that, and who else is an owner.' },
]

/** The roles that somebody of this role may give and take: only owners make owners. */
export const rolesGivenBy = (role: MemberRole) =>
  role === 'owner' ? roles : role === 'admin' ? roles.filter(({ value }) => value !== 'owner') : []
