//! What a process costs, as the kernel counts it.

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets this process have as many connections as the machine allows: it is thousands of viewers.
pub(crate) fn open_many_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    Ok(setrlimit(Resource::Nofile, most)?)
}

/// A field of a process's memory, in kilobytes (`smaps_rollup` in proc(5)).
pub(crate) fn kilobytes(pid: u32, field: &str) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))
        .with_context(|| format!("the process {pid} is gone"))?;
    let line = text.lines().find(|line| line.starts_with(field));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.with_context(|| format!("no {field}"))?.parse()?)
}

/// Seconds of processor time that these processes have taken, in user mode and in the kernel.
pub(crate) fn processor_seconds(pids: &[u32]) -> Result<f64> {
    let mut seconds = 0.0;
    for pid in pids {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .with_context(|| format!("the process {pid} is gone"))?;
        seconds += taken(&text)?.1;
    }
    Ok(seconds)
}

/// What the threads with this name of these processes have taken.
pub(crate) fn thread_seconds(pids: &[u32], name: &str) -> Result<f64> {
    let mut seconds = 0.0;
    for pid in pids {
        for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            // One may end while the others are read.
            let Ok(text) = std::fs::read_to_string(thread?.path().join("stat")) else {
                continue;
            };
            let (known, taken) = taken(&text)?;
            if known == name {
                seconds += taken;
            }
        }
    }
    Ok(seconds)
}

/// The name in a line of `stat`, and the seconds.
fn taken(stat: &str) -> Result<(&str, f64)> {
    // The name may hold anything; what follows its last parenthesis is numbers: utime and stime are the fields 14 and 15.
    let (before, fields) = stat.rsplit_once(')').context("no name")?;
    let (_, name) = before.split_once('(').context("no name")?;
    let mut ticks = 0_u64;
    for time in fields.split_whitespace().skip(11).take(2) {
        ticks += time.parse::<u64>()?;
    }
    #[expect(clippy::cast_precision_loss, reason = "ticks of a benchmark")]
    let ticks = ticks as f64;
    Ok((name, ticks / TICKS))
}

/// Ticks in a second, as the kernel tells user space on every architecture (`USER_HZ`).
const TICKS: f64 = 100.0;
