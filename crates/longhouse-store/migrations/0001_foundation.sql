-- Users, their sign-ins, sessions with their events and logs.
-- Times are milliseconds since 1970, identifiers UUIDs as text, flags 0 or 1, composite values JSON as text.

-- Numbers that only grow. Raising one locks its row until the commit, so whoever holds it is alone.
create table counters (
    name text not null,
    value bigint not null,
    constraint counters_pk primary key (name)
);
insert into counters (name, value) values ('events', 0), ('accounts', 0);

create table settings (
    name text not null,
    value text not null,
    constraint settings_pk primary key (name)
);

create table users (
    id text not null,
    username text not null,
    username_key text collate "binary" not null,
    role text not null,
    may_use_host bigint not null,
    disabled bigint not null,
    token_version bigint not null,
    password_hash text,
    created_at bigint not null,
    constraint users_pk primary key (id),
    constraint users_username_unique unique (username_key),
    constraint users_role_known check (role in ('admin', 'member', 'viewer'))
);

-- A sign-in: the chain of refresh tokens that one login began.
create table sign_ins (
    id text not null,
    user_id text not null,
    client text not null,
    created_at bigint not null,
    last_used_at bigint not null,
    revoked_at bigint,
    constraint sign_ins_pk primary key (id),
    constraint sign_ins_user_fk foreign key (user_id) references users (id) on delete cascade
);
create index sign_ins_by_user on sign_ins (user_id);

create table refresh_tokens (
    hash text not null,
    sign_in_id text not null,
    created_at bigint not null,
    expires_at bigint not null,
    rotated_at bigint,
    successor_hash text,
    constraint refresh_tokens_pk primary key (hash),
    constraint refresh_tokens_sign_in_fk foreign key (sign_in_id) references sign_ins (id) on delete cascade
);
create index refresh_tokens_by_sign_in on refresh_tokens (sign_in_id);
create index refresh_tokens_by_expiry on refresh_tokens (expires_at);

create table tickets (
    hash text not null,
    user_id text not null,
    resource text not null,
    expires_at bigint not null,
    constraint tickets_pk primary key (hash),
    constraint tickets_user_fk foreign key (user_id) references users (id) on delete cascade
);

create table sessions (
    id text not null,
    owner_id text not null,
    name text not null,
    name_key text collate "binary" not null,
    description text not null,
    labels text not null,
    spec text not null,
    terminals text not null,
    agent text not null,
    runtime text not null,
    wish text not null,
    phase text not null,
    status text collate "binary" not null,
    search_key text not null,
    created_at bigint not null,
    updated_at bigint not null,
    last_accessed_at bigint,
    last_activity_at bigint,
    version bigint not null,
    log_seq bigint not null,
    constraint sessions_pk primary key (id),
    constraint sessions_name_unique unique (name_key),
    constraint sessions_owner_fk foreign key (owner_id) references users (id),
    constraint sessions_wish_known check (wish in ('running', 'stopped', 'deleted')),
    constraint sessions_status_known check (status in ('pending', 'starting', 'running', 'stopped', 'error'))
);
create index sessions_by_owner on sessions (owner_id, created_at);
create index sessions_by_creation on sessions (created_at, id);

-- The labels once more, one per row, to filter by; sessions.labels is what is read.
create table session_labels (
    session_id text not null,
    name text not null,
    value text not null,
    constraint session_labels_pk primary key (session_id, name),
    constraint session_labels_session_fk foreign key (session_id) references sessions (id) on delete cascade
);
create index session_labels_by_name on session_labels (name, value);

create table session_logs (
    session_id text not null,
    seq bigint not null,
    at bigint not null,
    level bigint not null,
    source text not null,
    message text not null,
    constraint session_logs_pk primary key (session_id, seq),
    constraint session_logs_session_fk foreign key (session_id) references sessions (id) on delete cascade
);

-- No reference to sessions: what is told of a session outlives it, its deletion above all.
create table events (
    seq bigint not null,
    at bigint not null,
    session_id text not null,
    owner_id text not null,
    what text not null,
    constraint events_pk primary key (seq)
);

create table idempotency_keys (
    user_id text not null,
    name text not null,
    request_hash text not null,
    outcome text,
    created_at bigint not null,
    constraint idempotency_keys_pk primary key (user_id, name),
    constraint idempotency_keys_user_fk foreign key (user_id) references users (id) on delete cascade
);
create index idempotency_keys_by_creation on idempotency_keys (created_at);
