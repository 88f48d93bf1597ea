import { useNavigate, useSubmit } from '@remix-run/react'
import { Keyboard, KeyRound, LogOut } from 'lucide-react'
import { Menu } from '../components/menu.tsx'

export function AccountMenu({ user, onHelp }: { user: { name: string; email: string }; onHelp: () => void }) {
  const submit = useSubmit()
  const navigate = useNavigate()
  const initials = user.name
    .split(/\s+/)
    .map(word => word[0])
    .slice(0, 2)
    .join('')
    .toUpperCase()
  return (
    <Menu
      align="end"
      trigger={
        <button
          type="button"
          aria-label={`Account of ${user.name}`}
          className="grid size-7 place-items-center rounded-full bg-accent-soft font-medium text-accent-strong text-xs"
        >
          {initials}
        </button>
      }
      items={[
        { heading: user.email },
        'line',
        { label: 'Keyboard shortcuts', icon: Keyboard, keys: '?', onSelect: onHelp },
        { label: 'Password', icon: KeyRound, onSelect: () => navigate('/account') },
        {
          label: 'Sign out',
          icon: LogOut,
          onSelect: () => submit(null, { method: 'post', action: '/sign-out' }),
        },
      ]}
    />
  )
}
