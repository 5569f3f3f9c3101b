-- Who besides its owner may look at a session, or drive it.
create table shares (
    session_id text not null,
    user_id text not null,
    access text not null,
    created_at bigint not null,
    constraint shares_pk primary key (session_id, user_id),
    constraint shares_session_fk foreign key (session_id) references sessions (id) on delete cascade,
    constraint shares_user_fk foreign key (user_id) references users (id) on delete cascade,
    constraint shares_access_known check (access in ('view', 'drive'))
);
create index shares_by_user on shares (user_id);

-- An event for one user alone: the session ceased to exist for them.
alter table events add column only_for text;

alter table users add column last_seen_at bigint;
