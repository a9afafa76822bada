-- Data centers, clusters, hosts.

create table data_center (
  id                 uuid primary key,
  name               text not null,
  description        text not null default '',
  comment            text not null default '',
  local              boolean not null,
  quota_mode         text not null default 'disabled',
  level_major        int not null default 4,
  level_minor        int not null default 7,
  default_project_id uuid not null references project (id),
  created_at         timestamptz not null default now(),
  version            int not null default 1
);

create table cluster (
  id                     uuid primary key,
  data_center_id         uuid references data_center (id),
  name                   text not null,
  description            text not null default '',
  comment                text not null default '',
  cpu_architecture       text not null default 'x86_64',
  cpu_type               text,
  level_major            int not null default 4,
  level_minor            int not null default 7,
  memory_overcommit      int not null default 100,
  ballooning             boolean not null default true,
  ksm                    boolean not null default true,
  threads_as_cores       boolean not null default false,
  switch_type            text not null default 'legacy',
  firewall_type          text not null default 'firewalld',
  bios_type              text not null default 'q35_sea_bios',
  scheduling_policy_id   uuid not null default 'b4ed2332-a7ac-4d5f-9596-99a439cb2812',
  settings               jsonb not null default '{}',
  created_at             timestamptz not null default now(),
  version                int not null default 1
);
comment on column cluster.settings is 'What clients set and read back and nothing here reads yet: migration, error handling, fencing policy, serial number.';
create index cluster_data_center on cluster (data_center_id);

create table host (
  id             uuid primary key,
  cluster_id     uuid not null references cluster (id),
  name           text not null,
  description    text not null default '',
  comment        text not null default '',
  address        text not null,
  port           int not null default 54321,
  url            text not null,
  host_uuid      uuid,
  kind           text not null default 'rhel',
  spm_priority   int not null default 5,
  wanted         text not null default 'up',
  status         text not null default 'installing',
  status_reason  text,
  facts          jsonb,
  facts_at       timestamptz,
  facts_asked_at timestamptz,
  incarnation    bigint not null default 0,
  seq            bigint not null default 0,
  seen_at        timestamptz,
  created_at     timestamptz not null default now(),
  version        int not null default 1
);
comment on column host.url is 'Base URL of its agent; the engine dials it.';
comment on column host.wanted is 'What people asked for: up or maintenance. status is what came of it.';
comment on column host.incarnation is 'With seq: the newest report that was applied; reports move it only upward.';
create index host_cluster on host (cluster_id);
create unique index host_url on host (url);

create unlogged table host_now (
  host_id       uuid primary key references host (id) on delete cascade,
  at            timestamptz not null,
  stats         jsonb not null
);
comment on table host_now is 'The newest statistics of a host; unlogged: it is filled again within 15 s of a crash.';

create table spm (
  data_center_id uuid primary key references data_center (id) on delete cascade,
  epoch          bigint not null,
  host_id        uuid references host (id),
  since          timestamptz not null default now()
);
comment on table spm is 'Who may change a data center''s storage. A host refuses tasks of an older epoch.';
