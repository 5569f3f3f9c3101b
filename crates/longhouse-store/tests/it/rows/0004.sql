insert into data_keys (id, master, sealed, created_at) values (1, 'f00d', 'sealed key', 1800000000000);
insert into secrets (scope, name, session_id, user_id, version, data_key, sealed, updated_at) values
    ('server', 'signing', null, null, 1, 1, 'sealed value', 1800000000000),
    ('session:0192f3a4-7f3e-7cc0-98c4-0000000000a2', 'TOKEN', '0192f3a4-7f3e-7cc0-98c4-0000000000a2', null, 2, 1, 'sealed token', 1800000000001);
