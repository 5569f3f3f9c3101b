-- Secrets, sealed. What seals them is sealed too, under a master key that is not in this database.
create table data_keys (
    id bigint not null,
    -- The fingerprint of the master key that this key is sealed under.
    master text not null,
    sealed text not null,
    created_at bigint not null,
    constraint data_keys_pk primary key (id)
);

-- The scope says whose a secret is: 'server', 'session:<id>' or 'user:<id>'. The two references make it go with its owner.
create table secrets (
    scope text not null,
    name text not null,
    session_id text,
    user_id text,
    version bigint not null,
    data_key bigint not null,
    sealed text not null,
    updated_at bigint not null,
    constraint secrets_pk primary key (scope, name),
    constraint secrets_data_key_fk foreign key (data_key) references data_keys (id),
    constraint secrets_session_fk foreign key (session_id) references sessions (id) on delete cascade,
    constraint secrets_user_fk foreign key (user_id) references users (id) on delete cascade
);
create index secrets_by_data_key on secrets (data_key);
create index secrets_by_session on secrets (session_id);
create index secrets_by_user on secrets (user_id);
