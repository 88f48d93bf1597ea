import { ButtonLink } from './button.tsx'

/** The way by the OpenID Connect provider, above that by password. */
export function Elsewhere({ name, to }: { name: string; to: string }) {
  return (
    <div className="mb-4 grid gap-4">
      <ButtonLink reloadDocument to={`/sign-in/elsewhere?${new URLSearchParams({ to })}`}>
        Sign in with {name}
      </ButtonLink>
      <p className="flex items-center gap-3 text-muted text-sm before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        or by password
      </p>
    </div>
  )
}
