//! A test's own way to the database of its house: to look at what is really there, and to take the audit log away.

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{Connection as _, Row as _, SqliteConnection};

use crate::house::{DEADLINE, House};

/// What says who may do what.
const RIGHTS: [&str; 11] = [
    "select * from users",
    "select * from external_identities",
    "select * from sign_ins",
    "select * from refresh_tokens",
    "select * from api_tokens",
    "select * from ssh_keys",
    "select * from known_hosts",
    "select * from git_tokens",
    "select * from shares",
    "select * from settings",
    "select id, owner_id from sessions",
];

/// A connection beside the server's.
pub(crate) struct Database(SqliteConnection);

impl Database {
    pub(crate) async fn of(house: &House) -> Self {
        let file = house.dir.path().join("longhouse.db");
        let options = SqliteConnectOptions::new().filename(file);
        Self(SqliteConnection::connect_with(&options).await.unwrap())
    }

    /// Every row that says who may do what.
    pub(crate) async fn rights(&mut self) -> Vec<String> {
        let mut rows = Vec::new();
        for sql in RIGHTS {
            let found = sqlx::query(sql).fetch_all(&mut self.0).await.unwrap();
            rows.extend(found.iter().map(|row| format!("{sql}: {}", shown(row))));
        }
        rows.sort();
        rows
    }

    /// A host that Ann's sessions know; gives its identifier.
    pub(crate) async fn let_ann_know_a_host(&mut self) -> &'static str {
        self.run(
            "insert into known_hosts (id, user_id, host, kind, host_key, fingerprint, first_seen_at) \
             select '0192f3a4-7f3e-7cc0-98c4-0000000000d1', id, 'git.example.org', 'ssh-ed25519', 'AAAA', 'SHA256:abc', 1800000000000 \
             from users where username_key = 'ann'",
        )
        .await;
        "0192f3a4-7f3e-7cc0-98c4-0000000000d1"
    }

    /// How many SSH keys there are, and how many private halves.
    pub(crate) async fn keys_and_their_secrets(&mut self) -> (i64, i64) {
        let sql = "select (select count(*) from ssh_keys), (select count(*) from secrets where scope like 'ssh_key:%')";
        let row = sqlx::query(sql).fetch_one(&mut self.0).await.unwrap();
        (row.get(0), row.get(1))
    }

    /// From now on nothing can be added to the audit log.
    pub(crate) async fn take_the_log_away(&mut self) {
        self.run("alter table audit_log rename to audit_log_away")
            .await;
    }

    /// The log is back, and the server has noticed.
    pub(crate) async fn give_the_log_back(&mut self, house: &House) {
        self.run("alter table audit_log_away rename to audit_log")
            .await;
        let noticed = tokio::time::timeout(DEADLINE, async {
            while house.engine.audit().reserve().await.is_err() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
        noticed.await.unwrap();
    }

    async fn run(&mut self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut self.0).await.unwrap();
    }
}

fn shown(row: &SqliteRow) -> String {
    let values = (0..row.len()).map(|at| match row.try_get::<Option<String>, _>(at) {
        Ok(text) => format!("{text:?}"),
        Err(_) => format!("{:?}", row.try_get::<Option<i64>, _>(at).ok()),
    });
    values.collect::<Vec<_>>().join(", ")
}
