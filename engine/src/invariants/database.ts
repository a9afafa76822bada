import type { Invariant } from '@rookery/model'
import type { Sql } from '../db/index.ts'
import { quotaDifferences } from '../metering/quota.ts'
import type { Finding } from './finding.ts'

interface Row {
  subject: string
  found: string
  about?: (string | null)[]
}

/** How long something may be on its way before it counts: longer than any poll and any lease. */
const grace = '20 seconds'

/** What each statement finds; a row is a difference. Every look costs the whole table, so nothing but `doctor` asks. */
const checks: Partial<Record<Invariant, (sql: Sql) => Promise<Row[]>>> = {
  'job.stuck': sql => sql<Row>`
    select 'job ' || id as subject, '"' || description || '" is stuck: ' || coalesce(error #>> '{stuck,message}', error ->> 'message', '') as found
      from job where status = 'stuck' and ended_at is null`,
  'job.left_behind': sql => sql<Row>`
    select 'job ' || j.id as subject, '"' || j.description || '" (' || j.kind || ') is ' || j.status || ' and no engine works on it' as found
      from job j left join engine e on e.id = j.engine_id
     where j.ended_at is null and j.status in ('queued', 'running', 'undoing') and not j.waiting
       and (e.id is null or e.expires_at < now() - ${grace}::interval) and j.updated_at < now() - ${grace}::interval`,
  'job.waits_for_nobody': sql => sql<Row>`
    select 'job ' || j.id as subject, '"' || j.description || '" waits for locks that nobody holds' as found
      from job j
     where j.waiting and j.ended_at is null and j.updated_at < now() - ${grace}::interval
       and not exists (select 1 from job_lock w join job_lock h on h.kind = w.kind and h.entity_id = w.entity_id and h.job_id <> w.job_id
                        where w.job_id = j.id)`,
  'job.child_of_ended': sql => sql<Row>`
    select 'job ' || c.id as subject, '"' || c.description || '" goes on although the job that wanted it has ended' as found
      from job c join job p on p.id = c.parent_id where c.ended_at is null and p.ended_at is not null`,
  'lock.of_ended_job': sql => sql<Row>`
    select l.kind || ' ' || l.entity_id as subject, 'locked (' || l.mode || ') by job ' || j.id || ' "' || j.description || '", which is ' || j.status as found
      from job_lock l join job j on j.id = l.job_id where j.ended_at is not null`,
  'quota.differs': async sql =>
    (await quotaDifferences(sql)).map(({ scope, resource, used, counted }) => ({
      subject: `project ${scope} ${resource}`,
      found: `the ledger says ${used}, there are ${counted}`,
    })),
  'quota.held_by_ended_job': sql => sql<Row>`
    select 'job ' || h.job_id as subject, 'holds ' || h.amount || ' of ' || h.resource || ' of project ' || h.scope || ' and has failed' as found
      from quota_held h join job j on j.id = h.job_id where j.ended_at is not null and h.amount <> 0`,
  'reservation.without_run': sql => sql<Row>`
    select 'reservation ' || r.run_id as subject, r.memory || ' bytes and ' || r.vcpus || ' CPUs are reserved on host ' || r.host_id || ' for a run that is not there' as found
      from reservation r left join vm_run u on u.id = r.run_id where u.id is null`,
  'reservation.elsewhere': sql => sql<Row>`
    select 'run ' || u.id as subject, 'it is on host ' || u.host_id || ' and its reservation on ' || r.host_id as found, array[u.vm_id::text] as about
      from reservation r join vm_run u on u.id = r.run_id where u.host_id <> r.host_id`,
  'reservation.sum_differs': sql => sql<Row>`
    select 'host ' || h.id as subject, 'of host ' || h.name || ' ' || coalesce(p.memory, 0) || ' bytes for ' || coalesce(p.vms, 0)
           || ' VMs are counted as reserved, and there are ' || coalesce(r.memory, 0) || ' for ' || coalesce(r.vms, 0) as found
      from host h left join host_promise p on p.host_id = h.id
      left join (select host_id, sum(memory) as memory, sum(vcpus) as vcpus, count(*) as vms,
                        coalesce(sum(memory) filter (where highly_available), 0) as ha_memory, count(*) filter (where highly_available) as ha_vms
                   from reservation group by host_id) r on r.host_id = h.id
     where (coalesce(p.memory, 0), coalesce(p.vcpus, 0), coalesce(p.vms, 0), coalesce(p.ha_memory, 0), coalesce(p.ha_vms, 0))
        <> (coalesce(r.memory, 0), coalesce(r.vcpus, 0), coalesce(r.vms, 0), coalesce(r.ha_memory, 0), coalesce(r.ha_vms, 0))`,
  'run.without_reservation': sql => sql<Row>`
    select 'run ' || u.id as subject, 'VM ' || v.name || ' runs on host ' || u.host_id || ' and nothing is reserved for it there' as found, array[v.id::text] as about
      from vm_run u join vm v on v.id = u.vm_id left join reservation r on r.run_id = u.id where r.run_id is null`,
  'run.unsettled': sql => sql<Row>`
    select 'run ' || u.id as subject, 'VM ' || v.name || ' ended (' || (u.ended ->> 'end') || ') and nobody has settled it' as found, array[v.id::text] as about
      from vm_run u join vm v on v.id = u.vm_id where u.ended is not null and (u.ended ->> 'at')::timestamptz < now() - ${grace}::interval`,
  'run.between_hosts': sql => sql<Row>`
    select 'run ' || u.id as subject, 'VM ' || v.name || ' was to go to host ' || u.host_id || ', and no job moves it' as found, array[v.id::text] as about
      from vm_run u join vm v on v.id = u.vm_id
     where u.incoming and u.created_at < now() - ${grace}::interval
       and not exists (select 1 from job_lock l join job j on j.id = l.job_id
                        where l.kind = 'vm' and l.entity_id = u.vm_id and j.ended_at is null and j.status <> 'stuck')`,
  'disk.locked_by_nobody': sql => sql<Row>`
    select 'disk ' || d.id as subject, d.alias || ' is locked, and neither a job nor a transfer has it' as found, array[d.id::text] as about
      from disk d where d.status = 'locked'
       and not exists (select 1 from image_transfer t where t.disk_id = d.id and t.ended_at is null)`,
  'storage_domain.moved_by_nobody': sql => sql<Row>`
    select 'storage domain ' || s.id as subject, s.name || ' is ' || s.status || ', and no job works on it' as found, array[s.id::text] as about
      from storage_domain s where s.status in ('locked', 'activating', 'detaching', 'preparing_for_maintenance')`,
  'memory.kept': sql => sql<Row>`
    select 'image ' || m.image_id as subject, 'the memory of VM ' || m.vm_name || ' lies on ' || s.name || ' although nothing needs it' as found,
           array[m.image_id::text] as about
      from spent_memory m join storage_domain s on s.id = m.storage_domain_id
     where s.status = 'active' and m.tries > 4 and m.created_at < now() - ${grace}::interval`,
  'transfer.without_disk': sql => sql<Row>`
    select 'transfer ' || t.id as subject, 'it is ' || t.phase || ' and its disk ' || t.disk_id || ' is not there' as found, array[t.id::text, t.disk_id::text] as about
      from image_transfer t left join disk d on d.id = t.disk_id where t.ended_at is null and d.id is null`,
  'console_ticket.kept': sql => sql<Row>`
    select 'console ticket ' || id as subject, 'it expired at ' || expires_at || ' and is still kept' as found
      from console_ticket where expires_at < now() - interval '25 hours' limit 100`,
  'event.hole': sql => sql<Row>`
    select 'event ' || before as subject, 'behind position ' || before || ' comes ' || position as found
      from (select position, lag(position) over (order by position) as before from event where position is not null) e
     where position <> before + 1 limit 100`,
  'event.unnumbered': sql => sql<Row>`
    select 'event ' || id as subject, name || ' of ' || at || ' has no position' as found
      from event where position is null and at < now() - ${grace}::interval limit 100`,
}

/** What the database contradicts itself in. */
export async function databaseFindings(sql: Sql): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [invariant, check] of Object.entries(checks))
    for (const { subject, found, about } of await check(sql))
      findings.push({
        invariant: invariant as Invariant,
        subject,
        found,
        about: (about ?? []).filter(id => id !== null),
      })
  return findings
}
