insert into repositories (id, session_id, name, path, git_url, port, heard, heard_at, created_at, updated_at) values
    ('0192f3a4-7f3e-7cc0-98c4-0000000000f1', '0192f3a4-7f3e-7cc0-98c4-0000000000a2', 'shop', '', 'https://git.example.org/team/shop.git', 8100,
    '{"branch":"main","upstream":"origin/main","dirty":true,"ahead":2,"behind":0}', 1800000000008, 1800000000000, 1800000000001),
    ('0192f3a4-7f3e-7cc0-98c4-0000000000f2', '0192f3a4-7f3e-7cc0-98c4-0000000000a2', 'docs', 'sites/docs', null, 8101, null, null,
    1800000000002, 1800000000002);
