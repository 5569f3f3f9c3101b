//! A throw-away PostgreSQL server: one per test process, on a Unix socket in a temporary directory, gone with the process.
//!
//! A shell keeps the server: it waits on its standard input, whose other end this process holds. However this process
//! ends, kill -9 included, the shell then sees the end of its input, stops the server and removes the directory.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

const HOW_TO_INSTALL: &str = "these tests need the programs of PostgreSQL (initdb, postgres) in PATH or below \
     /usr/lib/postgresql; install them with: apt-get install postgresql (Debian, Ubuntu), dnf install postgresql-server (Fedora)";

/// Speed for data that nobody wants back, and no listening on any network.
const KEEPER: &str = r#"
set -eu
bin=$1; dir=$2; server=
end() {
    if [ -n "$server" ]; then kill -QUIT "$server" 2>/dev/null || true; wait "$server" || true; fi
    rm -rf "$dir"
}
# Nobody may be listening any more when this shell has something to say.
trap '' PIPE
trap end EXIT
"$bin/initdb" --pgdata="$dir/data" --username=tests --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 ||
    { cat "$dir/initdb.log"; exit 1; }
"$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off -c full_page_writes=off \
    -c max_connections=400 -c shared_buffers=32MB >"$dir/server.log" 2>&1 &
server=$!
tries=0
until grep -q '^ready' "$dir/data/postmaster.pid" 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || { cat "$dir/server.log"; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || { echo "the server did not get ready"; exit 1; }
    sleep 0.1
done
echo ready
cat >/dev/null
"#;

struct Cluster {
    directory: PathBuf,
    _keeper: Child,
    _input: ChildStdin,
}

/// The URL of an empty database.
pub(crate) async fn fresh_database() -> String {
    // A start that failed is not tried again by every test.
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    let started = tokio::task::spawn_blocking(|| {
        let cluster = CLUSTER.get_or_init(start).as_ref();
        cluster
            .map(|cluster| cluster.directory.clone())
            .map_err(Clone::clone)
    });
    let directory = started.await.unwrap().unwrap();
    let url = |database: &str| {
        let host = directory.display();
        format!("postgres://tests@localhost/{database}?host={host}")
    };
    sqlx::any::install_default_drivers();
    let name = format!("t{}", super::id().simple());
    let mut connection = AnyConnection::connect(&url("postgres")).await.unwrap();
    // From the empty template: the other one cannot be copied by two at once.
    let create = format!("create database {name} template template0");
    connection.execute(AssertSqlSafe(create)).await.unwrap();
    connection.close().await.unwrap();
    url(&name)
}

fn start() -> Result<Cluster, String> {
    let bin = programs().ok_or(HOW_TO_INSTALL)?;
    // Kept short: a socket's path ends at 107 bytes.
    let directory = tempfile::Builder::new()
        .prefix("lh-pg-")
        .tempdir_in("/tmp")
        .unwrap()
        .keep();
    let mut command = Command::new("sh");
    command
        .args(["-c", KEEPER, "keeper"])
        .arg(&bin)
        .arg(&directory)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // A signal from the terminal reaches the tests; the keeper ends after them.
        .process_group(0);
    if let Some((user, group)) = unprivileged() {
        std::os::unix::fs::chown(&directory, Some(user), Some(group)).unwrap();
        command.uid(user).gid(group);
    }
    let mut keeper = command.spawn().unwrap();
    let input = keeper.stdin.take().unwrap();
    let mut said = Vec::new();
    let mut lines = BufReader::new(keeper.stdout.take().unwrap()).lines();
    let ready = lines.by_ref().map_while(Result::ok).any(|line| {
        let ready = line == "ready";
        said.push(line);
        ready
    });
    if !ready {
        keeper.wait().unwrap();
        return Err(format!("PostgreSQL did not start:\n{}", said.join("\n")));
    }
    Ok(Cluster {
        directory,
        _keeper: keeper,
        _input: input,
    })
}

/// The newest of the installed versions.
pub(crate) fn programs() -> Option<PathBuf> {
    let complete = |bin: &Path| bin.join("initdb").is_file() && bin.join("postgres").is_file();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = std::env::split_paths(&path)
        .filter(|bin| complete(bin))
        .collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut installed: Vec<PathBuf> = versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| complete(bin))
        .collect();
    installed.sort();
    found.extend(installed.into_iter().rev());
    found.into_iter().next()
}

/// PostgreSQL refuses to run as root: then it runs as its own user where there is one, else as nobody.
fn unprivileged() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    // This process's own entry in /proc belongs to the user that it runs as.
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap();
    let numbers = |name: &str| {
        let fields: Vec<&str> = accounts
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields[0] == name)?;
        Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
    };
    numbers("postgres").or_else(|| numbers("nobody"))
}
