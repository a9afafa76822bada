-- What clients see of an entity beside its row: derived here once, never assigned. `visible` reads these.

create view data_center_view as
select d.*,
       case
         when m.id is null then 'uninitialized'
         when m.status in ('maintenance', 'preparing_for_maintenance') then 'maintenance'
         when h.status = 'up' and m.status = 'active' then 'up'
         when h.status in ('connecting', 'non_responsive') then 'problematic'
         when h.status = 'up' then 'not_operational'
         when exists (select 1 from host o join cluster c on c.id = o.cluster_id where c.data_center_id = d.id and o.status = 'up')
           then 'contend'
         else 'not_operational'
       end as status,
       (select max(s.storage_format) from storage_domain s where s.data_center_id = d.id and s.type = 'data') as storage_format,
       (select p.id from mac_pool p where p.is_default limit 1) as mac_pool_id
  from data_center d
  left join storage_domain m on m.data_center_id = d.id and m.master
  left join spm p on p.data_center_id = d.id
  left join host h on h.id = p.host_id;
comment on view data_center_view is 'Status: from its master domain and its SPM. Fact sheet 2.4, Datacenters.';

create view cluster_view as
select c.*,
       (select p.id from mac_pool p where p.is_default limit 1) as mac_pool_id,
       (select n.network_id from cluster_network n where n.cluster_id = c.id and 'management' = any (n.usages) limit 1)
         as management_network_id
  from cluster c;

create view host_view as
select h.*,
       c.data_center_id,
       case when p.host_id is null then 'none' when h.status = 'up' then 'spm' else 'contending' end as spm_status,
       coalesce(r.total, 0)::int as vms_total,
       coalesce(r.active, 0)::int as vms_active,
       coalesce(r.migrating, 0)::int as vms_migrating,
       coalesce(q.memory, 0)::bigint as committed_memory,
       coalesce(q.vcpus, 0)::int as committed_vcpus,
       n.stats
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

create view storage_domain_view as
select s.*,
       coalesce((select sum(d.capacity) from disk d where d.storage_domain_id = s.id), 0)::bigint as committed
  from storage_domain s;

create view disk_view as
select d.id, d.project_id, d.alias, d.description, d.storage_domain_id, d.image_id, d.volume_id, d.format, d.sparse, d.content_type,
       d.capacity, d.actual_size, d.shareable, d.wipe_after_delete, d.propagate_errors, d.backup, d.created_at, d.modified_at, d.version,
       -- The job that made it holds it a moment longer; what clients do next must not meet its lock.
       case when exists (
         select 1 from job_lock k join job j on j.id = k.job_id
          where k.kind = 'disk' and k.entity_id = d.id and k.mode = 'exclusive' and j.kind in ('disk.create', 'disk.extend')
       ) then 'locked' else d.status end as status,
       s.data_center_id,
       array(select a.vm_id from disk_attachment a where a.disk_id = d.id order by a.vm_id)::uuid[] as vm_ids
  from disk d
  left join storage_domain s on s.id = d.storage_domain_id;

create view network_view as
select n.*,
       array(
         select distinct u from (
           select unnest(c.usages) as u from cluster_network c where c.network_id = n.id
           union all select 'vm' where n.vm_network
         ) all_usages order by u
       ) as usages
  from network n;

create view vnic_profile_view as
select p.*, n.data_center_id from vnic_profile p join network n on n.id = p.network_id;
