insert into kept_volumes (name, found_at) values ('longhouse-0192f3a4-7f3e-7cc0-98c4-0000000000a9-workspace', 1800000000010);
