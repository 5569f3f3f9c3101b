update sessions set cloned_at = 1800000000011 where id = '0192f3a4-7f3e-7cc0-98c4-0000000000a2';
