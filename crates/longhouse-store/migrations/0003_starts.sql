-- How often a session was started.
alter table sessions add column starts bigint not null default 0;
