-- What people log in with at repositories over HTTPS. The tokens themselves are secrets and stand among them, sealed.
create table git_tokens (
    id text not null,
    user_id text not null,
    -- 'host', or 'host:port'.
    host text not null,
    -- Of the repositories that it is for, without slashes around it; empty for all of the host's.
    path text not null,
    username text not null,
    created_at bigint not null,
    last_used_at bigint,
    constraint git_tokens_pk primary key (id),
    constraint git_tokens_user_fk foreign key (user_id) references users (id) on delete cascade
);
create unique index git_tokens_places on git_tokens (user_id, host, path);

-- A scope more: 'git_token:<id>'.
alter table secrets add column git_token_id text constraint secrets_git_token_fk references git_tokens (id) on delete cascade;
create index secrets_by_git_token on secrets (git_token_id);
