//! Single values that the server remembers about itself, such as the hash of the set-up token. No user reads them.

use crate::StoreError;
use crate::audit::Deed;
use crate::connection::Store;
use crate::row::{Fields, storable};

impl Store {
    /// The value of that name.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        sqlx::query("select value from settings where name = $1")
            .bind(name)
            .fetch_optional(&self.reader)
            .await?
            .map(|row| row.text("value"))
            .transpose()
    }

    /// Changes values all at once: sets each over the one before, or removes it where `None` is given.
    pub async fn change_settings(
        &self,
        changes: &[(&str, Option<String>)],
        deed: &Deed,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (name, value) in changes {
            let change = match value {
                Some(value) => sqlx::query(
                    "insert into settings (name, value) values ($1, $2) \
                     on conflict (name) do update set value = excluded.value",
                )
                .bind(*name)
                .bind(storable(value).into_owned()),
                None => sqlx::query("delete from settings where name = $1").bind(*name),
            };
            change.execute(&mut *tx).await?;
        }
        self.commit_deed(tx, deed).await
    }
}
