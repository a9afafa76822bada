-- Power saving: hosts that a policy has switched off, and those that it is about to switch.

alter table host add column saving jsonb;
comment on column host.saving is 'Saving of compute/balance/power.ts: what power saving does with the host; null: nothing. Hosts that people moved to maintenance have none.';
