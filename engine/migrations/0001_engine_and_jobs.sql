-- Engines, jobs, locks, events: all that engines share to work as one.

create table engine (
  id          uuid primary key,
  url         text not null,
  version     text not null,
  started_at  timestamptz not null default now(),
  expires_at  timestamptz not null
);
comment on table engine is 'One row per process start, renewed every 5 s by the clock of the database. The only lease.';

create table job (
  id             uuid primary key,
  kind           text not null,
  version        int not null,
  input          jsonb not null,
  status         text not null default 'queued',
  engine_id      uuid references engine (id) on delete set null,
  parent_id      uuid references job (id),
  parent_step    text,
  root_id        uuid not null,
  owner_id       uuid,
  project_id     uuid,
  correlation_id text,
  description    text not null,
  refs           jsonb not null default '[]',
  error          jsonb,
  result         jsonb,
  cancel         boolean not null default false,
  no_return      boolean not null default false,
  external       boolean not null default false,
  waiting        boolean not null default false,
  wake_at        timestamptz,
  progress       real,
  created_at     timestamptz not null default now(),
  started_at     timestamptz,
  ended_at       timestamptz,
  updated_at     timestamptz not null default now()
);
comment on column job.status is 'queued, running, undoing, stuck; ended: finished, failed, cancelled';
comment on column job.engine_id is 'Who works on it. Recording a step checks this, so a process that slept too long records nothing.';
comment on column job.refs is 'The entities it is about: [{kind, id}], for lists, events and permissions.';
comment on column job.root_id is 'The job at the top of its family; the locks of all of them are its.';
comment on column job.waiting is 'Queued until the locks that it wants (mode waiting_...) are free.';
create index job_open on job (status, wake_at) where ended_at is null;
create index job_parent on job (parent_id) where parent_id is not null;
create index job_correlation on job (correlation_id) where correlation_id is not null;
create index job_created on job (created_at);
create index job_refs on job using gin (refs jsonb_path_ops);

create table job_step (
  job_id      uuid not null references job (id) on delete cascade,
  name        text not null,
  kind        text not null,
  position    int not null,
  status      text not null,
  host_id     uuid,
  task_id     uuid,
  output      jsonb,
  error       jsonb,
  undo_status text,
  undo_error  jsonb,
  tries       int not null default 0,
  progress    real,
  started_at  timestamptz not null default now(),
  ended_at    timestamptz,
  primary key (job_id, name)
);
comment on column job_step.status is 'running, finished, failed; undo_status: pending, finished, failed';
comment on column job_step.tries is 'How often a host''s refusal was answered by asking again, after the point of no return.';

create table job_lock (
  kind      text not null,
  entity_id uuid not null,
  mode      text not null,
  job_id    uuid not null references job (id) on delete cascade,
  primary key (kind, entity_id, job_id)
);
comment on table job_lock is 'mode shared, exclusive, or waiting_ and one of these; inserted in sorted order, deleted in the transaction that ends the job.';
create unique index job_lock_exclusive on job_lock (kind, entity_id) where mode = 'exclusive';
create index job_lock_job on job_lock (job_id);

create table event (
  id             bigint generated always as identity primary key,
  position       bigint,
  at             timestamptz not null default now(),
  code           int not null,
  name           text not null,
  severity       text not null,
  actor_id       uuid,
  actor_name     text,
  project_id     uuid,
  correlation_id text,
  job_id         uuid,
  message        text not null,
  refs           jsonb not null default '[]',
  data           jsonb not null default '{}',
  origin         text not null default 'oVirt',
  custom_id      int not null default -1,
  hidden         boolean not null default false
);
comment on column event.position is 'Null until the sequencer numbers it: the cursor, oVirt''s index and Last-Event-ID.';
create unique index event_position on event (position) where position is not null;
create index event_unnumbered on event (id) where position is null;
create index event_code on event (code, position);
create index event_refs on event using gin (refs jsonb_path_ops);

create table change (
  position   bigint generated always as identity primary key,
  kind       text not null,
  entity_id  uuid not null,
  project_id uuid,
  gone       boolean not null default false,
  viewers    uuid[],
  xid        xid8 not null default pg_current_xact_id(),
  at         timestamptz not null default now()
);
comment on table change is 'What live pages read: this entity looks different now. Old rows are dropped after an hour.';
comment on column change.xid is 'Readers ask for what their last snapshot did not show; position is not in the order of commits.';
comment on column change.viewers is 'Of something gone: who could see it, beside those who see everything.';
create index change_xid on change (xid);
create index change_at on change (at);

create table setting (
  key        text primary key,
  value      jsonb not null,
  updated_at timestamptz not null default now()
);
