-- How far the upgrade of a cluster is, host by host: by this engine's job, or by a program outside that tells it.

alter table cluster
  add column upgrading boolean not null default false,
  add column upgrade_percent int not null default 0,
  add column upgrade_correlation text;
comment on column cluster.upgrade_correlation is 'What whoever began the upgrade calls it; only the same one may tell of it.';

drop view cluster_view;
create view cluster_view as
select c.*,
       (select p.id from mac_pool p where p.is_default limit 1) as mac_pool_id,
       (select n.network_id from cluster_network n where n.cluster_id = c.id and 'management' = any (n.usages) limit 1)
         as management_network_id
  from cluster c;
