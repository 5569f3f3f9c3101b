insert into api_tokens (id, user_id, name, name_key, hash, hint, scopes, created_at, expires_at, last_used_at)
values ('0192f3a4-7f3e-7cc0-98c4-0000000000b1', '0192f3a4-7f3e-7cc0-98c4-000000000001', 'CI', 'ci', 'h0', 'lh_abcd',
    'sessions:read sessions:write', 1800000000000, 1900000000000, null);
insert into external_identities (issuer, subject, user_id, created_at, last_used_at)
values ('https://id.example.com', 's-1', '0192f3a4-7f3e-7cc0-98c4-000000000001', 1800000000000, 1800000000000);
