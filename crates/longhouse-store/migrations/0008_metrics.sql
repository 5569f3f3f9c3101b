-- What running sessions used, minute by minute, for a day. Percentages are kept in hundredths, so that no column is a fraction.
create table metrics (
    session_id text not null,
    at bigint not null,
    cpu_hundredths bigint,
    memory_bytes bigint,
    memory_limit_bytes bigint,
    disk_bytes bigint,
    network_rx_bytes bigint,
    network_tx_bytes bigint,
    tasks bigint,
    agent_active bigint,
    constraint metrics_pk primary key (session_id, at),
    constraint metrics_session_fk foreign key (session_id) references sessions (id) on delete cascade
);
create index metrics_by_time on metrics (at);
