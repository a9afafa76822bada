-- People, what they may do, and what their projects use.

create table project (
  id          uuid primary key,
  name        text not null,
  description text not null default '',
  created_at  timestamptz not null default now()
);

create table users (
  id            uuid primary key,
  name          text not null,
  namespace     text not null default '*',
  profile       text not null default 'internal',
  first_name    text not null default '',
  last_name     text not null default '',
  email         text not null default '',
  department    text not null default '',
  password_hash text,
  enabled       boolean not null default true,
  created_at    timestamptz not null default now(),
  version       int not null default 1,
  unique (profile, name)
);
comment on column users.password_hash is 'argon2id in PHC form; null for users who cannot sign in with a password.';

create table role (
  id             uuid primary key,
  name           text not null unique,
  description    text not null default '',
  administrative boolean not null,
  mutable        boolean not null,
  sees_children  boolean not null default true,
  permits        text[] not null
);

comment on column role.sees_children is 'Whether its holder also sees what is below the object that it is given on.';

create table permission (
  id          uuid primary key,
  user_id     uuid not null references users (id) on delete cascade,
  role_id     uuid not null references role (id),
  object_kind text not null,
  object_id   uuid not null,
  created_at  timestamptz not null default now(),
  unique (user_id, role_id, object_kind, object_id)
);
comment on column permission.object_kind is 'system (object_id all zero) or an entity kind; inherited downwards.';
create index permission_object on permission (object_kind, object_id);

create table session (
  id           uuid primary key,
  token_hash   bytea not null unique,
  user_id      uuid not null references users (id) on delete cascade,
  scope        text not null,
  kind         text not null,
  csrf         boolean not null default false,
  created_at   timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  idle_seconds int not null,
  expires_at   timestamptz not null
);
comment on table session is 'A row is a live token; ending one deletes it and everything that hangs on it. Only the hash is kept.';
create index session_user_id on session (user_id);

create table login_failure (
  key           text primary key,
  failures      int not null,
  last_at       timestamptz not null,
  blocked_until timestamptz
);
comment on table login_failure is 'Wrong passwords in a row, by account and address; all engines count together.';

create table quota_use (
  scope      uuid not null,
  resource   text not null,
  used       bigint not null default 0,
  "limit"    bigint,
  primary key (scope, resource),
  check (used >= 0)
);
comment on table quota_use is 'The one ledger of usage; scope is a project. Changed by one guarded update in the transaction that inserts the entity or job.';

create table quota_held (
  job_id   uuid not null references job (id) on delete cascade,
  scope    uuid not null,
  resource text not null,
  amount   bigint not null,
  primary key (job_id, scope, resource)
);
comment on table quota_held is 'What a job has charged and returns when it unwinds.';

create table tag (
  id          uuid primary key,
  name        text not null unique,
  description text not null default '',
  parent_id   uuid references tag (id),
  version     int not null default 1
);

create table tag_assignment (
  tag_id      uuid not null references tag (id) on delete cascade,
  object_kind text not null,
  object_id   uuid not null,
  primary key (tag_id, object_kind, object_id)
);
create index tag_assignment_object on tag_assignment (object_kind, object_id);
