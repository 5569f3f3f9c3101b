-- The list of repositories: git working copies, each of a session that holds it.
create table repositories (
    id text not null,
    session_id text not null,
    -- What people call it; it need not be unique.
    name text not null,
    -- Below the session's workspace; empty for the workspace itself.
    path text not null,
    -- Where it came from.
    git_url text,
    -- What its program is expected to listen on in the session.
    port bigint not null,
    -- What was last heard of it, as JSON, and when.
    heard text,
    heard_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    constraint repositories_pk primary key (id),
    constraint repositories_session_fk foreign key (session_id) references sessions (id) on delete cascade
);
create unique index repositories_ports on repositories (port);
create unique index repositories_places on repositories (session_id, path);
