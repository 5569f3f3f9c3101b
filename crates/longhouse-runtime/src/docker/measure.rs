//! What a container uses, as its engine counts it. The sums are those of the docker command line.

use std::time::Duration;

use bollard::models::{ContainerCpuStats, ContainerMemoryStats, ContainerStatsResponse};
use bollard::query_parameters::StatsOptionsBuilder;
use futures_util::{StreamExt, stream};
use longhouse_domain::lifecycle::RuntimeHandle;
use longhouse_domain::metrics::{CpuTime, Reading};

use super::client::{CallError, silence};
use super::observe::Handle;
use super::{Docker, DockerRuntime};
use crate::{MeasureError, Pace, Readings};

/// How long the engine may take for the next reading. It sends one a second.
const PATIENCE: Duration = Duration::from_secs(5);

/// See [`crate::Runtime::measure`].
pub(super) fn measure(runtime: &DockerRuntime, handle: &RuntimeHandle, pace: Pace) -> Readings {
    let (docker, handle) = (runtime.docker.clone(), Handle::read(handle));
    let opening = async move {
        let container = handle.ok_or_else(|| MeasureError("it has no container".to_owned()))?;
        let engine = docker.client.engine().await.map_err(told)?;
        let options = match pace {
            Pace::Once => StatsOptionsBuilder::new().stream(false).one_shot(true),
            Pace::Steady => StatsOptionsBuilder::new().stream(true),
        };
        let stats = engine
            .docker
            .stats(&container.container, Some(options.build()));
        Ok((docker, stats.boxed()))
    };
    stream::once(opening)
        .flat_map(|opened| match opened {
            Ok((docker, stats)) => readings(docker, stats),
            Err(error) => stream::iter([Err(error)]).boxed(),
        })
        .boxed()
}

type Stats = stream::BoxStream<'static, Result<ContainerStatsResponse, bollard::errors::Error>>;

/// The readings of an open stream; an error is the last.
fn readings(docker: std::sync::Arc<Docker>, stats: Stats) -> Readings {
    stream::unfold(Some(stats), move |stats| {
        let docker = docker.clone();
        async move {
            let mut stats = stats?;
            let next = tokio::time::timeout(PATIENCE, stats.next()).await;
            let error = match next {
                Ok(Some(Ok(answer))) => return Some((Ok(reading(&answer)), Some(stats))),
                Ok(Some(Err(error))) => CallError::from(error),
                Ok(None) => return None,
                Err(_) => silence(PATIENCE),
            };
            if let CallError::Away(_) = error {
                docker.client.note_away(&error);
            }
            Some((Err(told(error)), None))
        }
    })
    .boxed()
}

fn told(error: CallError) -> MeasureError {
    MeasureError(match error {
        CallError::NotFound(_) => "its container is gone".to_owned(),
        other => other.to_string(),
    })
}

fn reading(answer: &ContainerStatsResponse) -> Reading {
    let memory = answer.memory_stats.as_ref();
    // A container without a network has no counters, which is not the same as having sent nothing.
    let networks = answer.networks.as_ref();
    let sum = |of: fn(&bollard::models::ContainerNetworkStats) -> Option<u64>| {
        networks.map(|all| all.values().filter_map(of).fold(0, u64::saturating_add))
    };
    let tasks = answer.pids_stats.as_ref().and_then(|pids| pids.current);
    Reading {
        cpu: answer.cpu_stats.as_ref().and_then(cpu),
        memory_bytes: memory.and_then(in_use),
        memory_limit_bytes: memory.and_then(|memory| memory.limit),
        network_rx_bytes: sum(|network| network.rx_bytes),
        network_tx_bytes: sum(|network| network.tx_bytes),
        tasks: tasks.and_then(|tasks| u32::try_from(tasks).ok()),
        ..Reading::default()
    }
}

fn cpu(stats: &ContainerCpuStats) -> Option<CpuTime> {
    let usage = stats.cpu_usage.as_ref()?;
    // Engines of before do not say how many cores there are, but list what was used of each.
    let listed = || u32::try_from(usage.percpu_usage.as_ref()?.len()).ok();
    let cores = stats
        .online_cpus
        .filter(|cores| *cores > 0)
        .or_else(listed)?;
    Some(CpuTime {
        used: Duration::from_nanos(usage.total_usage?),
        passed: Duration::from_nanos(stats.system_cpu_usage?),
        cores,
    })
}

/// The memory in use, without what of the file cache nobody has looked at for long: control groups of version 1 and 2 name it differently.
fn in_use(stats: &ContainerMemoryStats) -> Option<u64> {
    let usage = stats.usage?;
    let details = stats.stats.as_ref();
    let named = |name: &str| details.and_then(|details| details.get(name)).copied();
    let inactive = named("total_inactive_file").or_else(|| named("inactive_file"));
    Some(inactive.map_or(usage, |cache| usage.checked_sub(cache).unwrap_or(usage)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(answer: serde_json::Value) -> Reading {
        reading(&serde_json::from_value(answer).unwrap())
    }

    #[test]
    fn a_reading_of_version_2_control_groups() {
        let found = read(json!({
            "cpu_stats": {
                "cpu_usage": { "total_usage": 3_000_000_000_u64 },
                "system_cpu_usage": 40_000_000_000_u64, "online_cpus": 4
            },
            "memory_stats": {
                "usage": 300, "limit": 1024, "stats": { "inactive_file": 100, "anon": 50 }
            },
            "networks": {
                "eth0": { "rx_bytes": 1, "tx_bytes": 2 }, "eth1": { "rx_bytes": 10, "tx_bytes": 20 }
            },
            "pids_stats": { "current": 7, "limit": 100 }
        }));
        let expected = Reading {
            cpu: Some(CpuTime {
                used: Duration::from_secs(3),
                passed: Duration::from_secs(40),
                cores: 4,
            }),
            memory_bytes: Some(200),
            memory_limit_bytes: Some(1024),
            network_rx_bytes: Some(11),
            network_tx_bytes: Some(22),
            tasks: Some(7),
            ..Reading::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_reading_of_version_1_control_groups_on_an_old_engine() {
        let found = read(json!({
            "cpu_stats": {
                "cpu_usage": { "total_usage": 3_u64, "percpu_usage": [1, 1, 1] }, "system_cpu_usage": 4
            },
            "memory_stats": {
                "usage": 300, "limit": 1024, "stats": { "total_inactive_file": 100, "inactive_file": 7 }
            }
        }));
        assert_eq!(found.cpu.unwrap().cores, 3);
        assert_eq!(found.memory_bytes, Some(200));
        assert_eq!(found.network_rx_bytes, None);
    }

    #[test]
    fn what_an_engine_leaves_out_is_not_known() {
        // As it answers for a container that does not run.
        let nothing = read(json!({
            "cpu_stats": { "cpu_usage": { "total_usage": 0 }, "online_cpus": 0 },
            "memory_stats": {}, "pids_stats": {}
        }));
        assert_eq!(nothing, Reading::default());
        assert_eq!(read(json!({})), Reading::default());
        let odd = read(json!({ "memory_stats": { "usage": 5, "stats": { "inactive_file": 9 } } }));
        assert_eq!(odd.memory_bytes, Some(5));
    }
}
