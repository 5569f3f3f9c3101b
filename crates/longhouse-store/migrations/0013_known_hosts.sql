-- The hosts that a person's sessions have spoken to over SSH, each by the key that it showed first.
create table known_hosts (
    id text not null,
    user_id text not null,
    -- As known-hosts files name it: 'host', or '[host]:port'.
    host text not null,
    kind text not null,
    host_key text not null,
    fingerprint text not null,
    first_seen_at bigint not null,
    -- The last key that it showed instead and that was refused.
    refused_fingerprint text,
    refused_at bigint,
    constraint known_hosts_pk primary key (id),
    constraint known_hosts_user_fk foreign key (user_id) references users (id) on delete cascade
);
create unique index known_hosts_names on known_hosts (user_id, host);
