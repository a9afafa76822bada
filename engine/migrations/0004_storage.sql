-- Storage domains, disks and their volumes, image transfers.

create table storage_domain (
  id                 uuid primary key,
  data_center_id     uuid references data_center (id),
  name               text not null,
  description        text not null default '',
  comment            text not null default '',
  type               text not null,
  storage_type       text not null,
  connection         jsonb not null,
  storage_format     text not null,
  status             text not null,
  master             boolean not null default false,
  available          bigint not null default 0,
  used               bigint not null default 0,
  wipe_after_delete  boolean not null default false,
  discard_after_delete boolean not null default false,
  backup             boolean not null default false,
  warning_low_space  int not null default 10,
  critical_space_gib int not null default 5,
  created_at         timestamptz not null default now(),
  version            int not null default 1
);
comment on column storage_domain.connection is 'How hosts reach it: {type, path, ...} as the contract''s StorageConnection.';
create index storage_domain_data_center on storage_domain (data_center_id);

create table storage_connection (
  id                uuid primary key,
  storage_domain_id uuid references storage_domain (id) on delete cascade,
  connection        jsonb not null
);

create table storage_domain_host (
  storage_domain_id uuid not null references storage_domain (id) on delete cascade,
  host_id           uuid not null references host (id) on delete cascade,
  ok                boolean not null,
  detail            text,
  seen_at           timestamptz not null,
  primary key (storage_domain_id, host_id)
);
comment on table storage_domain_host is 'What each host says of each domain that it has connected.';

create table iso_file (
  storage_domain_id uuid not null references storage_domain (id) on delete cascade,
  name              text not null,
  size              bigint not null,
  primary key (storage_domain_id, name)
);

create table disk (
  id                uuid primary key,
  project_id        uuid not null references project (id),
  alias             text not null,
  description       text not null default '',
  storage_domain_id uuid references storage_domain (id),
  image_id          uuid not null,
  volume_id         uuid not null,
  format            text not null,
  sparse            boolean not null,
  content_type      text not null default 'data',
  capacity          bigint not null,
  actual_size       bigint not null default 0,
  shareable         boolean not null default false,
  wipe_after_delete boolean not null default false,
  propagate_errors  boolean not null default false,
  backup            text not null default 'none',
  status            text not null,
  created_at        timestamptz not null default now(),
  modified_at       timestamptz not null default now(),
  version           int not null default 1
);
comment on column disk.volume_id is 'The active (leaf) volume; image_id is the directory, equal to id for disks made here.';
comment on column disk.status is 'ok, illegal; locked while a job or a transfer holds it';
create index disk_storage_domain on disk (storage_domain_id);
create index disk_alias on disk (lower(alias));

create table image_transfer (
  id                 uuid primary key,
  disk_id            uuid not null,
  project_id         uuid not null references project (id),
  host_id            uuid references host (id),
  session_id         uuid,
  user_id            uuid,
  ticket             uuid not null unique,
  direction          text not null,
  format             text not null,
  serve              text not null,
  phase              text not null,
  size               bigint not null,
  transferred        bigint not null default 0,
  inactivity_timeout int not null default 60,
  timeout_policy     text not null default 'legacy',
  url                text,
  active             boolean not null default false,
  last_active_at     timestamptz not null default now(),
  renewed_at         timestamptz,
  filename           text,
  error              jsonb,
  created_at         timestamptz not null default now(),
  ended_at           timestamptz,
  version            int not null default 1
);
create index image_transfer_disk on image_transfer (disk_id);
create index image_transfer_open on image_transfer (phase) where ended_at is null;
