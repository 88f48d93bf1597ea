create table users (
  id text primary key,
  name text not null,
  email text not null unique,
  email_verified boolean not null default false,
  image text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table auth_sessions (
  id text primary key,
  user_id text not null references users on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table auth_accounts (
  id text primary key,
  user_id text not null references users on delete cascade,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  password text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table auth_verifications (
  id text primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table projects (
  id text primary key,
  name text not null check (name <> ''),
  settings jsonb not null default '{}',
  created_at timestamptz not null default now()
);

create table members (
  project_id text not null references projects on delete cascade,
  user_id text not null references users on delete cascade,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz not null default now(),
  primary key (project_id, user_id)
);

create table api_keys (
  id text primary key,
  project_id text not null references projects on delete cascade,
  name text not null check (name <> ''),
  public_id text not null unique,
  secret_hash text not null unique,
  hint text not null,
  created_by text references users on delete set null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);

-- One row a fact about this installation: the set-up token's hash, the signing secret, what was seeded.
create table instance (
  key text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);

create table audit_log (
  id bigint generated always as identity primary key,
  project_id text references projects on delete cascade,
  user_id text references users on delete set null,
  action text not null,
  subject text not null default '',
  detail jsonb not null default '{}',
  at timestamptz not null default now()
);

-- The price list: seeded versions (project_id null), and what a project adds or overrides. Matches and patterns are JSON
-- match logic as genai-prices writes it; prices are US dollars.
create table price_providers (
  version text not null,
  provider text not null,
  position integer not null,
  provider_match jsonb,
  model_match jsonb,
  fallbacks jsonb not null default '[]',
  primary key (version, provider)
);

create table prices (
  id bigint generated always as identity primary key,
  project_id text references projects on delete cascade,
  version text not null,
  provider text not null,
  model text not null,
  position integer not null default 0, -- of a provider's rows that match and are valid, the last of the first model wins
  pattern jsonb not null,
  valid_from timestamptz,
  hours jsonb, -- { from, to } seconds of the UTC day
  input_per_million numeric,
  output_per_million numeric,
  cache_read_per_million numeric,
  cache_write_per_million numeric,
  reasoning_per_million numeric,
  per_thousand_requests numeric,
  tiers jsonb not null default '[]', -- { above: input tokens, input, output, cacheRead, cacheWrite }
  created_at timestamptz not null default now()
);
create index prices_of on prices (version, project_id);
