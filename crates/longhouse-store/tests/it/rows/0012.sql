insert into ssh_keys (id, user_id, session_id, name, name_key, public_key, fingerprint, hosts, created_at, last_used_at) values
    ('0192f3a4-7f3e-7cc0-98c4-0000000000c1', '0192f3a4-7f3e-7cc0-98c4-000000000001', null, 'Laptop', 'laptop',
    'ssh-ed25519 AAAA', 'SHA256:abc', '["git.example.org"]', 1800000000000, 1800000000008),
    ('0192f3a4-7f3e-7cc0-98c4-0000000000c2', '0192f3a4-7f3e-7cc0-98c4-000000000001', '0192f3a4-7f3e-7cc0-98c4-0000000000a2',
    'two', 'two', 'ssh-ed25519 BBBB', 'SHA256:def', '[]', 1800000000001, null);
insert into secrets (scope, name, session_id, user_id, ssh_key_id, version, data_key, sealed, updated_at) values
    ('ssh_key:0192f3a4-7f3e-7cc0-98c4-0000000000c2', 'private', null, null, '0192f3a4-7f3e-7cc0-98c4-0000000000c2', 1, 1,
    'sealed-key', 1800000000001);
update users set git_user_name = 'Ann A.', git_user_email = 'ann@example.org' where username_key = 'ann';
