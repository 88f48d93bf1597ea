-- Invitations into a project, each for one e-mail address and used once. Of the link's token only the hash is kept.
create table invites (
  id text primary key,
  project_id text not null references projects on delete cascade,
  email text not null,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  token_hash text not null unique,
  invited_by text references users on delete set null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  unique (project_id, email)
);
