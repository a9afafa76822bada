-- Whether a host has the agent of its engine.

alter table host add column update_available boolean not null default false;
comment on column host.update_available is 'Its agent is not the one that this engine sends, as the last look found.';

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
