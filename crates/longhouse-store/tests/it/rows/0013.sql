insert into known_hosts (id, user_id, host, kind, host_key, fingerprint, first_seen_at, refused_fingerprint, refused_at) values
    ('0192f3a4-7f3e-7cc0-98c4-0000000000d1', '0192f3a4-7f3e-7cc0-98c4-000000000001', '[git.example.org]:2222', 'ssh-ed25519', 'AAAA',
    'SHA256:abc', 1800000000000, 'SHA256:def', 1800000000009);
