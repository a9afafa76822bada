-- Passwords that wait for an installation are sealed like all others (core/secrets.ts): as text.

delete from host_secret;
alter table host_secret alter column sealed type text using encode(sealed, 'base64');
comment on table host_secret is 'A password for the time of an installation, sealed with the key of the installation. Gone once the engine''s own key is admitted there, or the installation failed.';
