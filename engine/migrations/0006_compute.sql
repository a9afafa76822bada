-- VMs: what people configured, and their runs: what hosts report.

create table template (
  id             uuid primary key,
  project_id     uuid not null references project (id),
  cluster_id     uuid references cluster (id),
  name           text not null,
  description    text not null default '',
  config         jsonb not null,
  status         text not null default 'ok',
  version_number int not null default 1,
  version_name   text not null default 'base version',
  created_at     timestamptz not null default now(),
  version        int not null default 1
);

create table vm (
  id                 uuid primary key,
  project_id         uuid not null references project (id),
  cluster_id         uuid not null references cluster (id),
  template_id        uuid not null references template (id),
  name               text not null,
  description        text not null default '',
  comment            text not null default '',
  config             jsonb not null,
  next_run           jsonb,
  standing           text not null default 'normal',
  fault              jsonb,
  initialized        boolean not null default false,
  suspended_volume   jsonb,
  stop_reason        text not null default '',
  started_at         timestamptz,
  stopped_at         timestamptz,
  creator_id         uuid,
  created_at         timestamptz not null default now(),
  version            int not null default 1
);
comment on column vm.config is 'VmConfig of compute/vm/config.ts: memory, cpu, os, display and the rest; every word has a default there.';
comment on column vm.next_run is 'A VmConfig that waits for the next start.';
comment on column vm.suspended_volume is 'Memory saved by suspend: {storageDomainId, imageId, volumeId, hostId}. Not null means suspended.';
create index vm_cluster on vm (cluster_id);
create index vm_project on vm (project_id);
create index vm_name on vm (lower(name));

create table disk_attachment (
  vm_id        uuid not null references vm (id) on delete cascade,
  disk_id      uuid not null references disk (id) on delete cascade,
  interface    text not null,
  bootable     boolean not null default false,
  active       boolean not null default true,
  read_only    boolean not null default false,
  pass_discard boolean not null default false,
  position     int not null default 0,
  primary key (vm_id, disk_id)
);
create index disk_attachment_disk on disk_attachment (disk_id);

create table nic (
  id              uuid primary key,
  vm_id           uuid not null references vm (id) on delete cascade,
  name            text not null,
  mac             text not null,
  interface       text not null default 'virtio',
  vnic_profile_id uuid references vnic_profile (id),
  linked          boolean not null default true,
  plugged         boolean not null default true,
  position        int not null default 0,
  version         int not null default 1
);
create index nic_vm on nic (vm_id);
create index nic_mac on nic (mac);
create index nic_profile on nic (vnic_profile_id);

create table vm_run (
  id            uuid primary key,
  vm_id         uuid not null references vm (id) on delete cascade,
  host_id       uuid not null references host (id),
  incoming      boolean not null default false,
  overlay       jsonb not null default '{}',
  config        jsonb not null,
  status        text not null default 'wait_for_launch',
  pause_reason  text,
  guest_agent   boolean not null default false,
  guest         jsonb,
  medium        jsonb,
  viewer        jsonb,
  incarnation   bigint not null default 0,
  seq           bigint not null default 0,
  created_incarnation bigint not null default 0,
  created_seq   bigint not null default 0,
  ended         jsonb,
  created_at    timestamptz not null default now(),
  started_at    timestamptz
);
comment on table vm_run is 'One incarnation on one host. Only that host''s reports move status; (incarnation, seq) only upward.';
comment on column vm_run.created_seq is 'With created_incarnation: when the host had made it. A later listing that lacks it means its end. Apart from seq, which reports under way must still pass.';
comment on column vm_run.overlay is 'What run once changed, for this run only.';
comment on column vm_run.config is 'The VmConfig that this run was started with.';
comment on column vm_run.viewer is 'The listener that was opened last for a native viewer: {address, port, expiresAt}.';
comment on column vm_run.ended is 'The end that was reported: {end, detail, at}; vm.settle removes the row.';
create unique index vm_run_never_two on vm_run (vm_id) where not incoming;
create index vm_run_vm on vm_run (vm_id);
create index vm_run_host on vm_run (host_id);

create table reservation (
  run_id     uuid primary key references vm_run (id) on delete cascade,
  host_id    uuid not null references host (id),
  cluster_id uuid not null references cluster (id),
  memory     bigint not null,
  vcpus      int not null
);
create index reservation_host on reservation (host_id);

create table console_ticket (
  id          uuid primary key,
  ticket_hash bytea not null unique,
  vm_id       uuid not null references vm (id) on delete cascade,
  run_id      uuid not null,
  session_id  uuid,
  user_id     uuid not null,
  protocol    text not null,
  origin      text,
  expires_at  timestamptz not null,
  used_at     timestamptz
);

create unlogged table vm_now (
  vm_id uuid primary key,
  at    timestamptz not null,
  stats jsonb not null
);
comment on table vm_now is 'The newest statistics of a run (RunStats of the contract); unlogged.';

create view vm_view as
select v.*,
       c.data_center_id,
       r.id as run_id,
       r.host_id,
       r.overlay as run_overlay,
       r.config as run_config,
       r.pause_reason,
       r.guest_agent,
       r.guest,
       r.medium as run_medium,
       case when (r.viewer ->> 'expiresAt')::timestamptz > now() then r.viewer end as run_viewer,
       r.started_at as run_started_at,
       r.status as run_status,
       coalesce(r.overlay <> '{}'::jsonb, false) as run_once,
       exists (
         select 1 from disk_attachment a join disk d on d.id = a.disk_id where a.vm_id = v.id and d.status = 'illegal'
       ) as has_illegal_images,
       case
         -- A job that ended a run holds the VM a moment longer; what clients do next must not meet its lock.
         when r.id is null and l.job_kind in ('vm.stop', 'vm.settle') then 'powering_down'
         when r.id is null and l.job_kind = 'vm.suspend' then 'saving_state'
         when r.id is null and l.job_kind = 'vm.remove' then 'image_locked'
         when r.id is null and v.suspended_volume is not null and l.job_kind = 'vm.start' then 'restoring_state'
         when r.id is null and v.suspended_volume is not null then 'suspended'
         when r.id is null and l.job_kind = 'vm.start' then 'wait_for_launch'
         when r.id is null and exists (
           select 1 from disk_attachment a join disk d on d.id = a.disk_id where a.vm_id = v.id and d.status = 'locked'
         ) then 'image_locked'
         when r.id is null then 'down'
         when h.status in ('non_responsive', 'connecting') then 'unknown'
         when l.job_kind = 'vm.suspend' then 'saving_state'
         else r.status
       end as status
  from vm v
  join cluster c on c.id = v.cluster_id
  left join vm_run r on r.vm_id = v.id and not r.incoming
  left join host h on h.id = r.host_id
  left join lateral (
    select j.kind as job_kind
      from job_lock k join job j on j.id = k.job_id
     where k.kind = 'vm' and k.entity_id = v.id and k.mode = 'exclusive'
     limit 1
  ) l on true;
comment on view vm_view is 'The status that clients see: never assigned, always derived.';
