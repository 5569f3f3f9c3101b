insert into last_screens (session_id, terminal, format, content)
values ('0192f3a4-7f3e-7cc0-98c4-0000000000a2', 'agent', 'text', 'all done');
