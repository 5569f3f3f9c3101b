-- Rows as version 1 writes them. Never edited: later versions must go on reading them.
insert into users (id, username, username_key, role, may_use_host, disabled, token_version, password_hash, created_at)
values ('0192f3a4-7f3e-7cc0-98c4-000000000001', 'Ann', 'ann', 'member', 1, 0, 3, '$argon2id$x', 1800000000000);

insert into sign_ins (id, user_id, client, created_at, last_used_at, revoked_at)
values ('0192f3a4-7f3e-7cc0-98c4-00000000000a', '0192f3a4-7f3e-7cc0-98c4-000000000001', 'a browser', 1800000000000, 1800000000001, null);
insert into refresh_tokens (hash, sign_in_id, created_at, expires_at, rotated_at, successor_hash)
values ('t0', '0192f3a4-7f3e-7cc0-98c4-00000000000a', 1800000000000, 1800003600000, null, null);
insert into tickets (hash, user_id, resource, expires_at)
values ('k0', '0192f3a4-7f3e-7cc0-98c4-000000000001', 'terminal', 1800000030000);
insert into settings (name, value) values ('setup', 'hash');

insert into sessions (id, owner_id, name, name_key, description, labels, spec, terminals, agent, runtime, wish, phase,
    status, search_key, created_at, updated_at, last_accessed_at, last_activity_at, version, log_seq)
values ('0192f3a4-7f3e-7cc0-98c4-0000000000a1', '0192f3a4-7f3e-7cc0-98c4-000000000001', 'Fix Login', 'fix login', 'text',
    '{"team":"red"}',
    '{"agent":"claude","flags":["--model","x"],"mode":"autonomous","prompt":"p","runtime":"host","workdir":{"kind":"named","path":"/srv/a"},"multiplexer":"tmux","env":{"A":"1"},"git":{"userName":"U","userEmail":null},"idleTimeoutSeconds":60}',
    '[{"name":"agent","title":"Agent","command":{"kind":"agent"},"size":{"cols":80,"rows":24}},{"name":"manual","title":"Shell","command":{"kind":"shell"},"size":{"cols":80,"rows":24}},{"name":"top","title":"top","command":{"kind":"program","argv":["top"]},"size":{"cols":100,"rows":30}}]',
    'claude', 'host', 'running', '{"phase":"running","handle":{"pid":7}}', 'running', 'fix login text /srv/a claude',
    1800000000000, 1800000000001, null, 1800000000002, 4, 1);
insert into sessions (id, owner_id, name, name_key, description, labels, spec, terminals, agent, runtime, wish, phase,
    status, search_key, created_at, updated_at, last_accessed_at, last_activity_at, version, log_seq)
values ('0192f3a4-7f3e-7cc0-98c4-0000000000a2', '0192f3a4-7f3e-7cc0-98c4-000000000001', 'two', 'two', '', '{}',
    '{"agent":"shell","flags":[],"mode":"interactive","prompt":null,"runtime":"docker","workdir":{"kind":"own"},"multiplexer":"none","env":{},"git":{"userName":null,"userEmail":null},"idleTimeoutSeconds":null}',
    '[]', 'shell', 'docker', 'stopped', '{"phase":"error","reason":"killed by signal 9"}', 'error', 'two shell',
    1800000000003, 1800000000003, 1800000000004, null, 0, 0);
insert into session_labels (session_id, name, value) values ('0192f3a4-7f3e-7cc0-98c4-0000000000a1', 'team', 'red');
insert into session_logs (session_id, seq, at, level, source, message)
values ('0192f3a4-7f3e-7cc0-98c4-0000000000a1', 1, 1800000000005, 2, 'sessiond', 'a line');

update counters set value = 4 where name = 'events';
insert into events (seq, at, session_id, owner_id, what) values
    (1, 1800000000000, '0192f3a4-7f3e-7cc0-98c4-0000000000a1', '0192f3a4-7f3e-7cc0-98c4-000000000001', '{"kind":"created"}'),
    (2, 1800000000001, '0192f3a4-7f3e-7cc0-98c4-0000000000a1', '0192f3a4-7f3e-7cc0-98c4-000000000001', '{"kind":"progress","stage":"agent","percent":null,"detail":"d"}'),
    (3, 1800000000002, '0192f3a4-7f3e-7cc0-98c4-0000000000a1', '0192f3a4-7f3e-7cc0-98c4-000000000001', '{"kind":"statusChanged","from":"starting","to":"running","reason":null}'),
    (4, 1800000000003, '0192f3a4-7f3e-7cc0-98c4-0000000000a1', '0192f3a4-7f3e-7cc0-98c4-000000000001', '{"kind":"terminalExited","terminal":"agent","code":0}');

insert into idempotency_keys (user_id, name, request_hash, outcome, created_at)
values ('0192f3a4-7f3e-7cc0-98c4-000000000001', 'k', 'h', '0192f3a4-7f3e-7cc0-98c4-0000000000a1', 1800000000000);
