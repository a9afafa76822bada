-- Logical networks, vNIC profiles, MAC pools.

create table network (
  id             uuid primary key,
  data_center_id uuid not null references data_center (id),
  name           text not null,
  description    text not null default '',
  comment        text not null default '',
  mode           text not null default 'nat',
  vlan           int,
  mtu            int not null default 0,
  stp            boolean not null default false,
  vm_network     boolean not null default true,
  port_isolation boolean not null default false,
  created_at     timestamptz not null default now(),
  version        int not null default 1
);
comment on column network.mode is 'How hosts make it: nat (own bridge, DHCP, way out) or isolated.';
create index network_data_center on network (data_center_id);

create table cluster_network (
  cluster_id uuid not null references cluster (id) on delete cascade,
  network_id uuid not null references network (id) on delete cascade,
  required   boolean not null default true,
  usages     text[] not null default '{}',
  primary key (cluster_id, network_id)
);

create table host_network (
  host_id    uuid not null references host (id) on delete cascade,
  network_id uuid not null references network (id) on delete cascade,
  primary key (host_id, network_id)
);
comment on table host_network is 'Networks that the host says are present.';

create table vnic_profile (
  id              uuid primary key,
  network_id      uuid not null references network (id) on delete cascade,
  name            text not null,
  description     text not null default '',
  network_filter  text,
  pass_through    boolean not null default false,
  port_mirroring  boolean not null default false,
  migratable      boolean not null default true,
  created_at      timestamptz not null default now(),
  version         int not null default 1
);
create index vnic_profile_network on vnic_profile (network_id);

create table mac_pool (
  id               uuid primary key,
  name             text not null unique,
  description      text not null default '',
  ranges           jsonb not null,
  allow_duplicates boolean not null default false,
  is_default       boolean not null default false,
  version          int not null default 1
);
comment on column mac_pool.ranges is '[{from, to}], lower case, inclusive.';
