-- Live migration: a second, incoming run; what an undo answered; how far a migration is.

alter table vm_run add column migration jsonb;
comment on column vm_run.migration is 'How far its migration is, as its host says (MigrationProgress); null while it does not leave.';
alter table vm_run add column seeded boolean not null default false;
comment on column vm_run.seeded is 'Whether a seed of the first boot is in its second drive.';
create unique index vm_run_one_incoming on vm_run (vm_id) where incoming;

alter table job_step add column undo_output jsonb;
comment on column job_step.undo_output is 'What the host answered to the task that undid the step.';

alter table job_lock add column asked_by uuid;
comment on column job_lock.asked_by is 'The child that asked for a lock of its root''s; null: the root, or several. A child that is not undone any more gives back what it alone asked for.';

drop view vm_view;
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
       m.host_id as target_host_id,
       r.migration,
       case
         -- Moving: from the request on, and also in the moment in which it has left and nobody has written it down yet.
         when m.id is not null and (r.id is null or r.ended ->> 'end' = 'migrated') then 'migrating'
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
         when l.job_kind = 'vm.migrate' and r.status in ('up', 'powering_up') then 'migrating'
         else r.status
       end as status
  from vm v
  join cluster c on c.id = v.cluster_id
  left join vm_run r on r.vm_id = v.id and not r.incoming
  left join vm_run m on m.vm_id = v.id and m.incoming
  left join host h on h.id = r.host_id
  left join lateral (
    select j.kind as job_kind
      from job_lock k join job j on j.id = coalesce(k.asked_by, k.job_id)
     where k.kind = 'vm' and k.entity_id = v.id and k.mode = 'exclusive'
     limit 1
  ) l on true;
comment on view vm_view is 'The status that clients see: never assigned, always derived.';
