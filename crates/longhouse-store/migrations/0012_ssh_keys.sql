-- SSH keys: a person's, or one session's own, which goes with it. Their private halves are secrets and stand among them, sealed.
create table ssh_keys (
    id text not null,
    user_id text not null,
    session_id text,
    name text not null,
    name_key text collate "binary" not null,
    public_key text not null,
    fingerprint text not null,
    -- Beside the host of a session's repository, those that the key signs for.
    hosts text not null,
    created_at bigint not null,
    last_used_at bigint,
    constraint ssh_keys_pk primary key (id),
    constraint ssh_keys_user_fk foreign key (user_id) references users (id) on delete cascade,
    constraint ssh_keys_session_fk foreign key (session_id) references sessions (id) on delete cascade
);
create unique index ssh_keys_names on ssh_keys (user_id, name_key) where session_id is null;
create index ssh_keys_by_session on ssh_keys (session_id);

-- A scope more: 'ssh_key:<id>'.
alter table secrets add column ssh_key_id text constraint secrets_ssh_key_fk references ssh_keys (id) on delete cascade;
create index secrets_by_ssh_key on secrets (ssh_key_id);

-- Who a person's commits are by, where a session does not say.
alter table users add column git_user_name text;
alter table users add column git_user_email text;
