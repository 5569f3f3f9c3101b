insert into audit_log values (1, 1000, 'info', 'system', null, 'server', 'server.start', null, null, null, 'ok', '', '', '{"version":"0.1.0"}',
    '22efbaa7cb365752dd3edec55ec421ecfeec20b1b50a3af4fb936bab264222b5');
insert into audit_log values (2, 2000, 'info', 'user', '0192f3a4-7f3e-7cc0-98c4-000000000001', 'ann', 'session.create', 'session', '0192f3a4-7f3e-7cc0-98c4-0000000000a1', 'one', 'ok', '192.0.2.7', 'r1', '{}',
    'f5243aef1b010727c4a4bfc2277953888e667b8bef02606c10fb3fbbd64a8635');
update audit_head set seq = 2, hash = 'f5243aef1b010727c4a4bfc2277953888e667b8bef02606c10fb3fbbd64a8635' where name = 'head';
