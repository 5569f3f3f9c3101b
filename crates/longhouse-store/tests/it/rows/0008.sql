insert into metrics (session_id, at, cpu_hundredths, memory_bytes, memory_limit_bytes, disk_bytes, network_rx_bytes, network_tx_bytes, tasks, agent_active)
values ('0192f3a4-7f3e-7cc0-98c4-0000000000a2', 1800000000000, 1250, 1048576, null, 4096, null, null, 3, 1);
