-- What each terminal of a session that has ended showed last, so that a finished run stays readable.
create table last_screens (
    session_id text not null,
    terminal text not null,
    format text not null,
    content text not null,
    constraint last_screens_pk primary key (session_id, terminal, format),
    constraint last_screens_session foreign key (session_id) references sessions (id) on delete cascade
);
