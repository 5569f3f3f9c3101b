-- API tokens, where a sign-in came from, and who an account is at an identity provider.
create table api_tokens (
    id text not null,
    user_id text not null,
    name text not null,
    name_key text collate "binary" not null,
    hash text not null,
    hint text not null,
    scopes text not null,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    constraint api_tokens_pk primary key (id),
    constraint api_tokens_hash_unique unique (hash),
    constraint api_tokens_name_unique unique (user_id, name_key),
    constraint api_tokens_user_fk foreign key (user_id) references users (id) on delete cascade
);

alter table sign_ins add column address text not null default '';

-- An account may be reached from several providers; somebody at a provider is one account.
create table external_identities (
    issuer text not null,
    subject text not null,
    user_id text not null,
    created_at bigint not null,
    last_used_at bigint not null,
    constraint external_identities_pk primary key (issuer, subject),
    constraint external_identities_user_fk foreign key (user_id) references users (id) on delete cascade
);
create index external_identities_by_user on external_identities (user_id);
