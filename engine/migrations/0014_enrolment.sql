-- How machines become hosts: one-time join tokens, and until when a host's certificate is good.

create table join_token (
  id          uuid primary key,
  token_hash  bytea not null unique,
  cluster_id  uuid not null references cluster (id) on delete cascade,
  name        text,
  created_by  text not null,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null,
  host_id     uuid references host (id) on delete cascade,
  host_uuid   uuid,
  used_at     timestamptz
);
comment on table join_token is 'Only the hash is kept. A token that was used is good for the same machine again until it expires: its answer may have been lost.';

alter table host add column certificate_until timestamptz;
comment on column host.certificate_until is 'Of the certificate that this engine signed; null for hosts that brought one along.';
