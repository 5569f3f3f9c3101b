//! What readings come to.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn cpu(used_ms: u64, passed_ms: u64, cores: u32) -> CpuTime {
    CpuTime {
        used: Duration::from_millis(used_ms),
        passed: Duration::from_millis(passed_ms),
        cores,
    }
}

fn at_minute(minute: i64) -> Metrics {
    Reading::default().metrics(None, from_millis(minute * 60_000))
}

#[test]
fn a_share_of_the_processor_is_counted_in_cores() {
    // As the docker command line counts: two of four cores busy for a second, of which the machine counts four.
    assert_eq!(
        cpu(5_000, 44_000, 4).percent_since(&cpu(3_000, 40_000, 4)),
        Some(200.0)
    );
    assert_eq!(cpu(250, 1_000, 1).percent_since(&cpu(0, 0, 1)), Some(25.0));
    for (later, earlier) in [
        (cpu(5, 10, 1), cpu(5, 10, 1)),
        (cpu(4, 20, 1), cpu(5, 10, 1)),
        (cpu(6, 5, 1), cpu(5, 10, 1)),
        (cpu(u64::MAX, 11, 1), cpu(0, 10, 1)),
        (cpu(1, 11, u32::MAX), cpu(0, 10, 1)),
    ] {
        assert_eq!(later.percent_since(&earlier), None, "{later:?}");
    }
}

#[test]
fn what_is_not_known_is_nothing_and_not_zero() {
    let nothing = Reading::default().metrics(Some(cpu(0, 0, 1)), Timestamp::UNIX_EPOCH);
    assert_eq!(nothing.cpu_percent, None);
    assert_eq!(nothing.memory_percent(), None);
    let first = Reading {
        cpu: Some(cpu(9, 9, 1)),
        memory_bytes: Some(256),
        memory_limit_bytes: Some(1024),
        ..Reading::default()
    };
    let first = first.metrics(None, Timestamp::UNIX_EPOCH);
    assert_eq!(first.cpu_percent, None);
    assert_eq!(first.memory_percent(), Some(25.0));
}

#[test]
fn what_is_read_outside_counts_before_what_a_session_says_of_itself() {
    let outside = Reading {
        memory_bytes: Some(1),
        ..Reading::default()
    };
    let inside = Reading {
        memory_bytes: Some(2),
        disk_bytes: Some(3),
        ..Reading::default()
    };
    let both = outside.or(inside);
    assert_eq!((both.memory_bytes, both.disk_bytes), (Some(1), Some(3)));
}

#[test]
fn points_are_drawn_together_by_what_they_mean() {
    let mut points: Vec<_> = [10, 11, 12, 20].map(at_minute).into();
    points[0].cpu_percent = Some(10.0);
    points[1].cpu_percent = Some(30.0);
    points[1].agent_active = Some(true);
    points[2].agent_active = Some(false);
    points[2].network_rx_bytes = Some(7);
    points[3].memory_bytes = Some(5);
    let drawn = drawn_together(&points, Duration::from_secs(300));
    assert_eq!(drawn.len(), 2);
    assert_eq!(drawn[0].at, from_millis(10 * 60_000));
    assert_eq!(drawn[0].cpu_percent, Some(20.0));
    assert_eq!(drawn[0].agent_active, Some(true));
    assert_eq!(drawn[0].network_rx_bytes, Some(7));
    assert_eq!(drawn[0].memory_bytes, None);
    assert_eq!(drawn[1].memory_bytes, Some(5));
    assert_eq!(
        drawn_together(&points, MetricsRange::Hour.resolution()),
        points
    );
}

proptest! {
    #[test]
    fn nothing_implausible_comes_through(bytes: u64, tasks: u32, used: u64, passed: u64, cores: u32) {
        let reading = Reading {
            cpu: Some(cpu(used, passed, cores)),
            memory_bytes: Some(bytes),
            memory_limit_bytes: Some(bytes),
            disk_bytes: Some(bytes),
            network_rx_bytes: Some(bytes),
            network_tx_bytes: Some(bytes),
            tasks: Some(tasks),
            agent_active: None,
        };
        let metrics = reading.plausible().metrics(Some(cpu(0, 0, cores)), Timestamp::UNIX_EPOCH);
        // Numbers that every reader of JSON can hold, and every column of the store.
        let most = 1_u64 << 53;
        for number in [metrics.memory_bytes, metrics.disk_bytes, metrics.network_rx_bytes, metrics.network_tx_bytes] {
            prop_assert!(number.is_none_or(|number| number <= most));
        }
        prop_assert!(metrics.tasks.is_none_or(|tasks| tasks <= 1 << 22));
        prop_assert!(metrics.cpu_percent.is_none_or(|percent| (0.0..=819_200.0).contains(&percent)));
        prop_assert!(metrics.memory_percent().is_none_or(f64::is_finite));
    }
}
