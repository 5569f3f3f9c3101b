//! Since when volumes are known to belong to nobody. What they are, and whether they are still there, whoever holds them knows.

use std::collections::BTreeMap;

use longhouse_domain::Timestamp;
use longhouse_domain::clock::{from_millis, to_millis};

use crate::StoreError;
use crate::connection::Store;
use crate::row::Fields;

impl Store {
    /// Remembers exactly these volumes; those that were not known before, since now. Answers since when each is known.
    pub async fn keep_volumes_in_mind(
        &self,
        names: &[String],
        now: Timestamp,
    ) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        let mut tx = self.begin().await?;
        let mut known = BTreeMap::new();
        let rows = sqlx::query("select name, found_at from kept_volumes")
            .fetch_all(&mut *tx)
            .await?;
        for row in &rows {
            known.insert(row.text("name")?, from_millis(row.int("found_at")?));
        }
        for gone in known.keys().filter(|name| !names.contains(name)) {
            sqlx::query("delete from kept_volumes where name = $1")
                .bind(gone)
                .execute(&mut *tx)
                .await?;
        }
        known.retain(|name, _| names.contains(name));
        for name in names {
            if known.contains_key(name) {
                continue;
            }
            // Somebody else may have looked at the same moment; then theirs counts.
            let sql = "insert into kept_volumes (name, found_at) values ($1, $2) on conflict (name) do nothing";
            sqlx::query(sql)
                .bind(name)
                .bind(to_millis(now))
                .execute(&mut *tx)
                .await?;
            known.insert(name.clone(), from_millis(to_millis(now)));
        }
        tx.commit().await?;
        Ok(known)
    }
}
