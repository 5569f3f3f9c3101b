insert into users (id, username, username_key, role, may_use_host, disabled, token_version, password_hash, created_at, last_seen_at)
values ('0192f3a4-7f3e-7cc0-98c4-000000000002', 'Ben', 'ben', 'member', 0, 0, 0, null, 1800000000000, 1800000000009);
insert into shares (session_id, user_id, access, created_at)
values ('0192f3a4-7f3e-7cc0-98c4-0000000000a2', '0192f3a4-7f3e-7cc0-98c4-000000000002', 'drive', 1800000000007);
update counters set value = 5 where name = 'events';
insert into events (seq, at, session_id, owner_id, what, only_for) values
    (5, 1800000000004, '0192f3a4-7f3e-7cc0-98c4-0000000000a1', '0192f3a4-7f3e-7cc0-98c4-000000000001', '{"kind":"deleted"}',
    '0192f3a4-7f3e-7cc0-98c4-000000000002');
