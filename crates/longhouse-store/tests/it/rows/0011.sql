insert into published_ports (host, session_id) values (20001, '0192f3a4-7f3e-7cc0-98c4-0000000000a2');
