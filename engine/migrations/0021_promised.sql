-- What each host has promised, kept beside the reservations: a placement reads a row for each host and not one for each VM of the cluster.

create table host_promise (
  host_id   uuid primary key references host (id) on delete cascade,
  memory    bigint not null,
  vcpus     int not null,
  vms       int not null,
  ha_memory bigint not null,
  ha_vms    int not null
) with (fillfactor = 50);
comment on table host_promise is 'The sums of reservation by host; a trigger of that table keeps them, in the same transaction.';

create function reservation_counts() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    update host_promise
       set memory = memory - old.memory, vcpus = vcpus - old.vcpus, vms = vms - 1,
           ha_memory = ha_memory - case when old.highly_available then old.memory else 0 end,
           ha_vms = ha_vms - old.highly_available::int
     where host_id = old.host_id;
  end if;
  if tg_op <> 'DELETE' then
    insert into host_promise as p (host_id, memory, vcpus, vms, ha_memory, ha_vms)
    values (new.host_id, new.memory, new.vcpus, 1, case when new.highly_available then new.memory else 0 end, new.highly_available::int)
    on conflict (host_id) do update
       set memory = p.memory + excluded.memory, vcpus = p.vcpus + excluded.vcpus, vms = p.vms + 1,
           ha_memory = p.ha_memory + excluded.ha_memory, ha_vms = p.ha_vms + excluded.ha_vms;
  end if;
  return null;
end $$;

-- Nobody reserves between the sums and the trigger.
lock table reservation in share row exclusive mode;
insert into host_promise (host_id, memory, vcpus, vms, ha_memory, ha_vms)
select host_id, sum(memory), sum(vcpus), count(*), coalesce(sum(memory) filter (where highly_available), 0),
       count(*) filter (where highly_available)
  from reservation group by host_id;
create trigger reservation_counts after insert or update or delete on reservation
  for each row execute function reservation_counts();

create index host_network_network on host_network (network_id);

-- The few runs that wait for somebody, among all.
create index vm_run_unsettled on vm_run (vm_id) where ended is not null or incoming;
