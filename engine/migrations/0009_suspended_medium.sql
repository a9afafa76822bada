-- A guest that was suspended goes on with the CD that was in its drive, whatever is stored for its starts.

alter table vm add column suspended_medium jsonb;
comment on column vm.suspended_medium is 'What was in the drive when suspended_volume was saved, as hosts name it; null: nothing.';
