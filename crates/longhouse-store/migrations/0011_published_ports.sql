-- The ports of the server's machine on which ports of sessions are published. Deleting a session gives its own back.
create table published_ports (
    host bigint not null,
    session_id text not null,
    constraint published_ports_pk primary key (host),
    constraint published_ports_session_fk foreign key (session_id) references sessions (id) on delete cascade
);
create index published_ports_by_session on published_ports (session_id);
