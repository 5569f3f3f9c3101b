-- Volumes of sessions that nobody remembers, since when they are known to be that. The engine that has them knows the rest.
create table kept_volumes (
    name text not null,
    found_at bigint not null,
    constraint kept_volumes_pk primary key (name)
);
