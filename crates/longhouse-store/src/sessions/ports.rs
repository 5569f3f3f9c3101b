//! The ports of the server's machine that sessions have: each belongs to one, from its creation to its deletion. Which numbers those are
//! stands in the session's record; here it is kept that no two have the same.

use std::collections::BTreeSet;

use longhouse_domain::Session;

use crate::StoreError;
use crate::connection::{Store, WriteTransaction};
use crate::row::Fields;

impl Store {
    /// The ports that sessions have.
    pub async fn held_ports(&self) -> Result<BTreeSet<u16>, StoreError> {
        let rows = sqlx::query("select host from published_ports")
            .fetch_all(&self.reader)
            .await?;
        let ports = rows.iter().map(|row| row.int("host"));
        // A number that is no port is nobody's way.
        let ports = ports.filter_map(|port| port.map(|port| u16::try_from(port).ok()).transpose());
        ports.collect()
    }
}

/// Writes down that the session has its ports.
pub(super) async fn hold(tx: &mut WriteTransaction, session: &Session) -> Result<(), StoreError> {
    let sql = "insert into published_ports (host, session_id) values ($1, $2) on conflict (host) do nothing";
    for port in session.spec.published() {
        let held = sqlx::query(sql)
            .bind(i64::from(port.host))
            .bind(session.id.to_string())
            .execute(&mut **tx)
            .await?;
        if held.rows_affected() == 0 {
            return Err(StoreError::PortTaken(port.host));
        }
    }
    Ok(())
}
