-- Hosts that the engine installs over SSH.

alter table host add column ssh jsonb;
comment on column host.ssh is 'How the engine signs in: {port, user, method, fingerprint}; the fingerprint is pinned at the first visit. Null for hosts that joined by themselves.';

create table host_secret (
  host_id uuid primary key references host (id) on delete cascade,
  sealed  bytea not null
);
comment on table host_secret is 'A password for the time of an installation, sealed with a key that is not in the database. Gone once the engine''s key is admitted, or the installation failed.';
