//! Open connections outlive the moment in which they were let in; this is how they learn that they must end.

use std::time::Duration;

use longhouse_engine::accounts::{AccountError, Identity};
use tokio::sync::broadcast::error::RecvError;

use crate::state::AppState;

/// How often an open connection asks anew who its user is. Revocations in this process are told at once; this is for those of
/// another one on the same database.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// Returns when the identity's tokens have stopped being good.
pub(crate) async fn until_revoked(app: &AppState, identity: &Identity) {
    let mut revocations = app.accounts().revocations();
    // What happened between the login check and this subscription is found by asking once more.
    let mut ask = true;
    loop {
        if ask {
            // Boxed: it is asked seldom, and whoever watches may stay for days.
            let again = Box::pin(app.accounts().identify_again(identity)).await;
            if let Err(AccountError::NotSignedIn) = again {
                return;
            }
        }
        // A token that runs out tells nobody.
        let until = app
            .accounts()
            .time_left(identity)
            .map_or(ASK_AGAIN, |left| left.min(ASK_AGAIN));
        ask = match tokio::time::timeout(until, revocations.recv()).await {
            Ok(Ok(revocation)) => revocation.concerns(identity),
            Ok(Err(RecvError::Lagged(_))) | Err(_) => true,
            Ok(Err(RecvError::Closed)) => return,
        };
    }
}
