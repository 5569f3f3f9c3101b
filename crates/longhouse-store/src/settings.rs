//! Single values that the server remembers about itself, such as the hash of the set-up token. No user reads them.

use crate::StoreError;
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

    /// Sets a value, over the one before.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        sqlx::query(
            "insert into settings (name, value) values ($1, $2) \
             on conflict (name) do update set value = excluded.value",
        )
        .bind(name)
        .bind(storable(value).into_owned())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Sets a value unless there is one, and says which one holds: of several servers that start at once, all get the same.
    pub async fn setting_or_insert(&self, name: &str, value: &str) -> Result<String, StoreError> {
        sqlx::query(
            "insert into settings (name, value) values ($1, $2) \
             on conflict (name) do update set value = settings.value returning value",
        )
        .bind(name)
        .bind(storable(value).into_owned())
        .fetch_one(&self.writer)
        .await?
        .text("value")
    }

    /// Removes a value. `false` where there was none.
    pub async fn remove_setting(&self, name: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from settings where name = $1")
            .bind(name)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}
