//! What the terminals of a session that has ended showed last. While a session runs, its sessiond knows better.

use longhouse_domain::{Actor, SessionId};

use crate::StoreError;
use crate::connection::Store;
use crate::row::{Fields, storable};
use crate::sight::{seen_by, visible};

/// A terminal's last screen, in one of the formats that captures have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastScreen {
    /// The terminal's name.
    pub terminal: String,
    /// The format's name: `text`, `ansi` or `html`.
    pub format: &'static str,
    /// The screen with its history.
    pub content: String,
}

impl Store {
    /// Keeps these screens in place of those that the session's earlier end left. A session that is gone keeps nothing.
    pub async fn keep_last_screens(
        &self,
        session: SessionId,
        screens: &[LastScreen],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("delete from last_screens where session_id = $1")
            .bind(session.to_string())
            .execute(&mut *tx)
            .await?;
        for screen in screens {
            sqlx::query(
                "insert into last_screens (session_id, terminal, format, content) \
                 select id, $2, $3, $4 from sessions where id = $1",
            )
            .bind(session.to_string())
            .bind(storable(&screen.terminal).into_owned())
            .bind(screen.format)
            .bind(storable(&screen.content).into_owned())
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// A terminal's last screen, if one was kept and `actor` may look at the session.
    pub async fn last_screen(
        &self,
        actor: &Actor,
        session: SessionId,
        terminal: &str,
        format: &str,
    ) -> Result<Option<String>, StoreError> {
        let sql = concat!(
            "select l.content from last_screens l join sessions on sessions.id = l.session_id \
             where sessions.id = $3 and l.terminal = $4 and l.format = $5 and ",
            visible!()
        );
        seen_by(actor, sql)
            .bind(session.to_string())
            .bind(storable(terminal).into_owned())
            .bind(storable(format).into_owned())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| row.text("content"))
            .transpose()
    }
}
