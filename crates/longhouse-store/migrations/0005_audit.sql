-- The audit log: a chain in which each row's hash covers the row and the hash before it. Rows are never changed; old ones are
-- cut off at a marker, after they were exported.
create table audit_log (
    seq bigint not null,
    at bigint not null,
    severity text not null,
    actor_kind text not null,
    actor_id text,
    actor_name text not null,
    action text not null,
    target_kind text,
    target_id text,
    target_name text,
    outcome text not null,
    address text not null,
    request_id text not null,
    detail text not null,
    hash text not null,
    constraint audit_log_pk primary key (seq)
);
create index audit_log_by_time on audit_log (at);
create index audit_log_by_action on audit_log (action, seq);
create index audit_log_by_actor on audit_log (actor_id, seq);
create index audit_log_by_target on audit_log (target_id, seq);

-- The latest row's place and hash once more, sealed with a key that is not in the database. Whoever appends locks it.
create table audit_head (
    name text not null,
    seq bigint not null,
    hash text not null,
    seal text not null,
    constraint audit_head_pk primary key (name)
);
insert into audit_head (name, seq, hash, seal)
values ('head', 0, '0000000000000000000000000000000000000000000000000000000000000000', '');

-- Where the log was cut: the last row that went, its hash, what the exported rows were hashed to, and the seal over these.
create table audit_cuts (
    seq bigint not null,
    hash text not null,
    at bigint not null,
    export_hash text not null,
    seal text not null,
    constraint audit_cuts_pk primary key (seq)
);
