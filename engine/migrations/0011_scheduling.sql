-- What placement is told by people: policies of their own, affinity groups and labels.

create table scheduling_policy (
  id          uuid primary key,
  name        text not null,
  description text not null default '',
  filters     jsonb not null default '[]',
  weights     jsonb not null default '[]',
  balance_ids uuid[] not null default '{}',
  properties  jsonb not null default '{}',
  created_at  timestamptz not null default now(),
  version     int not null default 1
);
comment on table scheduling_policy is 'Policies that people made; those of the product are in the code (compute/scheduling/policies.ts).';
create unique index scheduling_policy_name on scheduling_policy (lower(name));

create table affinity_label (
  id             uuid primary key,
  name           text not null,
  description    text not null default '',
  implicit_group boolean not null default false,
  created_at     timestamptz not null default now(),
  version        int not null default 1
);
comment on column affinity_label.implicit_group is 'VMs with the label run on hosts with the label only, without a group that says so.';
create unique index affinity_label_name on affinity_label (lower(name));

create table affinity_label_vm (
  label_id uuid not null references affinity_label (id) on delete cascade,
  vm_id    uuid not null references vm (id) on delete cascade,
  primary key (label_id, vm_id)
);
create index affinity_label_vm_vm on affinity_label_vm (vm_id);

create table affinity_label_host (
  label_id uuid not null references affinity_label (id) on delete cascade,
  host_id  uuid not null references host (id) on delete cascade,
  primary key (label_id, host_id)
);
create index affinity_label_host_host on affinity_label_host (host_id);

create table affinity_group (
  id              uuid primary key,
  cluster_id      uuid not null references cluster (id) on delete cascade,
  name            text not null,
  description     text not null default '',
  priority        double precision not null default 1,
  vms_enabled     boolean not null default false,
  vms_positive    boolean not null default true,
  vms_enforcing   boolean not null default true,
  hosts_enabled   boolean not null default false,
  hosts_positive  boolean not null default true,
  hosts_enforcing boolean not null default true,
  created_at      timestamptz not null default now(),
  version         int not null default 1
);
comment on column affinity_group.vms_positive is 'Its VMs stay together; false: apart. hosts_positive: its VMs stay on its hosts; false: away from them.';
create unique index affinity_group_name on affinity_group (cluster_id, lower(name));

create table affinity_group_vm (
  group_id uuid not null references affinity_group (id) on delete cascade,
  vm_id    uuid not null references vm (id) on delete cascade,
  primary key (group_id, vm_id)
);
create index affinity_group_vm_vm on affinity_group_vm (vm_id);

create table affinity_group_host (
  group_id uuid not null references affinity_group (id) on delete cascade,
  host_id  uuid not null references host (id) on delete cascade,
  primary key (group_id, host_id)
);
create index affinity_group_host_host on affinity_group_host (host_id);

create table affinity_group_label (
  group_id uuid not null references affinity_group (id) on delete cascade,
  label_id uuid not null references affinity_label (id) on delete cascade,
  side     text not null check (side in ('vm', 'host')),
  primary key (group_id, label_id, side)
);
create index affinity_group_label_label on affinity_group_label (label_id);

create view affinity_group_member_vm as
select m.group_id, m.vm_id from affinity_group_vm m
union
select g.group_id, l.vm_id from affinity_group_label g join affinity_label_vm l on l.label_id = g.label_id
  join affinity_group a on a.id = g.group_id join vm v on v.id = l.vm_id and v.cluster_id = a.cluster_id
 where g.side = 'vm';
comment on view affinity_group_member_vm is 'VMs of a group, named by themselves or by a label.';

create view affinity_group_member_host as
select m.group_id, m.host_id from affinity_group_host m
union
select g.group_id, l.host_id from affinity_group_label g join affinity_label_host l on l.label_id = g.label_id
  join affinity_group a on a.id = g.group_id join host h on h.id = l.host_id and h.cluster_id = a.cluster_id
 where g.side = 'host';

create view affinity_group_view as
select g.*,
       c.data_center_id,
       array(select m.vm_id from affinity_group_vm m where m.group_id = g.id order by 1) as vm_ids,
       array(select m.host_id from affinity_group_host m where m.group_id = g.id order by 1) as host_ids,
       array(select l.label_id from affinity_group_label l where l.group_id = g.id and l.side = 'vm' order by 1) as vm_label_ids,
       array(select l.label_id from affinity_group_label l where l.group_id = g.id and l.side = 'host' order by 1) as host_label_ids
  from affinity_group g join cluster c on c.id = g.cluster_id;

create view affinity_label_view as
select l.*,
       array(select m.vm_id from affinity_label_vm m where m.label_id = l.id order by 1) as vm_ids,
       array(select m.host_id from affinity_label_host m where m.label_id = l.id order by 1) as host_ids
  from affinity_label l;

-- Counted at each placement.
alter table reservation add column highly_available boolean not null default false;
update reservation r set highly_available = coalesce((v.config #>> '{highAvailability,enabled}')::boolean, false)
  from vm_run u join vm v on v.id = u.vm_id where u.id = r.run_id;
create index reservation_cluster on reservation (cluster_id);
