insert into git_tokens (id, user_id, host, path, username, created_at, last_used_at) values
    ('0192f3a4-7f3e-7cc0-98c4-0000000000e1', '0192f3a4-7f3e-7cc0-98c4-000000000001', 'git.example.org', 'team', 'ann', 1800000000000,
    1800000000008);
insert into secrets (scope, name, session_id, user_id, git_token_id, version, data_key, sealed, updated_at) values
    ('git_token:0192f3a4-7f3e-7cc0-98c4-0000000000e1', 'token', null, null, '0192f3a4-7f3e-7cc0-98c4-0000000000e1', 1, 1,
    'sealed-token', 1800000000001);
