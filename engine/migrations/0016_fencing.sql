-- Fencing: how a host's power is switched from outside, what came of it, and VMs that are to be started again.

create table fence_agent (
  id              uuid primary key,
  host_id         uuid not null references host (id) on delete cascade,
  position        int not null,
  concurrent      boolean not null default false,
  type            text not null,
  address         text not null,
  port            int,
  username        text not null,
  password        text not null,
  encrypt_options boolean not null default false,
  options         jsonb not null default '{}',
  created_at      timestamptz not null default now(),
  version         int not null default 1
);
comment on column fence_agent.position is 'Their order: those of the next one are asked when those before could not.';
comment on column fence_agent.concurrent is 'Works together with the others of its position: the power is off when all of them say so.';
comment on column fence_agent.password is 'Sealed with the key of the installation (core/secrets.ts); opened where the task is sent to a host.';
create index fence_agent_host on fence_agent (host_id);

alter table host add column power_management jsonb not null default '{}';
comment on column host.power_management is 'PowerManagement of inventory/fence/types.ts.';
alter table host add column lost_at timestamptz;
comment on column host.lost_at is 'When its silence became too long; null while it is heard.';
alter table host add column fenced_at timestamptz;
comment on column host.fenced_at is 'When its power was last seen off, or a person last said that it was rebooted: what was done there before is gone.';
alter table host add column storage_seen_at timestamptz;
comment on column host.storage_seen_at is 'When another host last saw its lease on storage move; null: nobody looks.';
alter table host add column fencing jsonb;
comment on column host.fencing is 'What came of the last try: {at, outcome, reason, tries}. Goes when the host is heard again.';

alter table vm add column stop_asked jsonb;
comment on column vm.stop_asked is 'That a person wanted it down: {how, at}. A run that was made later is another matter.';

create table vm_restart (
  vm_id    uuid primary key references vm (id) on delete cascade,
  priority int not null,
  since    timestamptz not null,
  reason   text not null,
  tries    int not null default 0,
  next_at  timestamptz not null,
  job_id     uuid,
  started_at timestamptz
);
comment on table vm_restart is 'Highly available VMs whose run ended by failure; the reconciler vm.restart starts them again, the most important first.';
create index vm_restart_next on vm_restart (next_at);

drop view host_view;
create view host_view as
select h.*,
       c.data_center_id,
       case when p.host_id is null then 'none' when h.status = 'up' then 'spm' else 'contending' end as spm_status,
       coalesce(r.total, 0)::int as vms_total,
       coalesce(r.active, 0)::int as vms_active,
       coalesce(r.migrating, 0)::int as vms_migrating,
       coalesce(q.memory, 0)::bigint as committed_memory,
       coalesce(q.vcpus, 0)::int as committed_vcpus,
       n.stats,
       (select count(*) from fence_agent f where f.host_id = h.id)::int as fence_agents
  from host h
  join cluster c on c.id = h.cluster_id
  left join spm p on p.host_id = h.id and p.data_center_id = c.data_center_id
  left join host_now n on n.host_id = h.id
  left join lateral (
    select count(*) as total,
           count(*) filter (where v.status in ('up', 'powering_up', 'reboot_in_progress', 'wait_for_launch', 'migrating')) as active,
           count(*) filter (where v.status = 'migrating') as migrating
      from vm_run v where v.host_id = h.id
  ) r on true
  left join lateral (
    select sum(v.memory) as memory, sum(v.vcpus) as vcpus from reservation v where v.host_id = h.id
  ) q on true;
