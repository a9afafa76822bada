-- Saved memory that nothing needs any more is remembered until it is gone from its storage domain, whoever is killed or cancelled
-- meanwhile and whether a host serves the storage or not.

create table spent_memory (
  image_id          uuid primary key,
  storage_domain_id uuid not null references storage_domain (id) on delete cascade,
  vm_id             uuid not null,
  vm_name           text not null,
  tries             int not null default 0,
  retry_at          timestamptz not null default now(),
  created_at        timestamptz not null default now()
);
comment on table spent_memory is 'Written with the end of vm.suspended_volume, when a run has read it or its VM was stopped; memory.remove removes the bytes and the row.';
comment on column spent_memory.vm_id is 'Whose it was; that VM may be gone.';
comment on column spent_memory.retry_at is 'Not before this the reconciler begins a job again; tries says how many it has begun.';
create index spent_memory_domain on spent_memory (storage_domain_id);
