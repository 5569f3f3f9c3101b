-- When a session's repository was cloned into its directory: a start afterwards leaves the directory alone.
alter table sessions add column cloned_at bigint;
