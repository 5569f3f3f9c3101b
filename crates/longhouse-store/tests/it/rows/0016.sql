update sessions set news_boot = 'a3c1', news_number = 12 where id = '0192f3a4-7f3e-7cc0-98c4-0000000000a2';
