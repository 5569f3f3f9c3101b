//! What an actor may see, said once, in SQL. Every query that a user's question leads to is made by [`seen_by`] and holds
//! [`visible`]: so what somebody may not see is not there for them already where it is read.

use longhouse_domain::Actor;
use sqlx::Any;
use sqlx::any::AnyArguments;
use sqlx::query::Query;

/// The condition under which a row of `sessions` exists for the actor, who is `$1` and `$2`.
macro_rules! visible {
    () => {
        "(sessions.owner_id = $1 or $2 = 1 or exists \
         (select 1 from shares where shares.session_id = sessions.id and shares.user_id = $1))"
    };
}
pub(crate) use visible;

/// What is read of a session for an actor: its columns, the actor's own share of it, and with how many it is shared.
macro_rules! visible_columns {
    () => {
        "sessions.*, \
         (select access from shares where shares.session_id = sessions.id and shares.user_id = $1) as own_share, \
         (select count(*) from shares where shares.session_id = sessions.id) as shared"
    };
}
pub(crate) use visible_columns;

/// The actor as arguments: the identifier that owners and shares are compared with, and whether they see everything.
pub(crate) fn eyes(actor: &Actor) -> (String, i64) {
    let user = if actor.disabled {
        // No row has this owner, and no share is for it.
        String::new()
    } else {
        actor.user.to_string()
    };
    (user, i64::from(actor.sees_all()))
}

/// A query with the actor as its first two arguments; its own begin at `$3`.
pub(crate) fn seen_by(actor: &Actor, sql: &'static str) -> Query<'static, Any, AnyArguments> {
    let (user, all) = eyes(actor);
    sqlx::query(sql).bind(user).bind(all)
}
