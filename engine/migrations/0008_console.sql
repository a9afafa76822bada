-- What the web console stands on: sessions as people recognise them, each user's settings, numbers of the last hours, and
-- events whose words can be put into another language.

alter table session add column address text, add column client text not null default '';
comment on column session.client is 'What the client calls itself (User-Agent), cut; shown to its user, trusted by nobody.';

create table preference (
  user_id    uuid not null references users (id) on delete cascade,
  key        text not null,
  value      jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (user_id, key)
);
comment on table preference is 'What a user has chosen in the console: columns, theme, bookmarks. Bounded in number and size by its operation.';

alter table event add column args jsonb not null default '{}';
comment on column event.args is 'What stands in the places of its text, so that a page can word it in another language by its name.';

create table sample (
  host_id     uuid not null references host (id) on delete cascade,
  at          timestamptz not null,
  cpu         real not null,
  memory_used bigint not null,
  vm_ids      uuid[] not null,
  vm_cpu      real[] not null,
  vm_memory   bigint[] not null,
  vm_rx       real[] not null,
  vm_tx       real[] not null,
  vm_read     real[] not null,
  vm_write    real[] not null,
  vm_read_ops  real[] not null,
  vm_write_ops real[] not null,
  primary key (host_id, at)
);
comment on table sample is 'One row per host and interval, arrays in the order of vm_ids: a row per VM would be fifty times as many. Kept for hours; dropped by the reconciler samples.';
create index sample_at on sample (at);
create index sample_vm_ids on sample using gin (vm_ids);
