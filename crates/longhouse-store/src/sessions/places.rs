//! How many sessions may run at a time, held where they are written down: two that are made or started at once cannot both take the last
//! place. It does not know what the numbers are.

use longhouse_domain::{Session, Status, UserId};

use crate::StoreError;
use crate::connection::WriteTransaction;
use crate::row::Fields;

/// The most sessions that may be on their way or run at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Of everybody together.
    pub of_all: u32,
    /// Of one user.
    pub of_one: u32,
}

/// Whose places are all taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowd {
    /// The server's.
    Everybody,
    /// The owner's own.
    Owner,
}

impl Places {
    /// For those who count elsewhere, or not at all.
    pub const UNCOUNTED: Self = Self {
        of_all: u32::MAX,
        of_one: u32::MAX,
    };

    /// Refuses a transaction that has taken one place too many. To be asked after the transaction has written its events: whoever did
    /// holds the counter of events, and so sees what everybody before it has written.
    pub(super) async fn hold(
        self,
        tx: &mut WriteTransaction,
        owner: UserId,
    ) -> Result<(), StoreError> {
        let of_all =
            "select count(*) as n from sessions where status in ('pending', 'starting', 'running')";
        let of_all = sqlx::query(of_all).fetch_one(&mut **tx).await?.int("n")?;
        let of_one = "select count(*) as n from sessions where status in ('pending', 'starting', 'running') and owner_id = $1";
        let of_one = sqlx::query(of_one)
            .bind(owner.to_string())
            .fetch_one(&mut **tx)
            .await?
            .int("n")?;
        for (taken, limit, whose) in [
            (of_one, self.of_one, Crowd::Owner),
            (of_all, self.of_all, Crowd::Everybody),
        ] {
            if taken > i64::from(limit) {
                return Err(StoreError::Full { whose, limit });
            }
        }
        Ok(())
    }
}

/// Whether the session takes up a place.
pub(super) fn takes_place(session: &Session) -> bool {
    match session.status() {
        Status::Pending | Status::Starting | Status::Running => true,
        Status::Stopped | Status::Error => false,
    }
}
