-- What hosts say of their storage leases.

alter table storage_domain_host add column lease jsonb;
comment on column storage_domain_host.lease is 'LeaseReport of the protocol, as the host said last; null: the domain has no leases.';
