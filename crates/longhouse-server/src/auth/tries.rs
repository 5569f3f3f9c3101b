//! Tries to show a password, and when there were too many.

use std::net::IpAddr;
use std::time::Instant;

use axum::http::StatusCode;

use longhouse_engine::accounts::AccountError;

use crate::problem::Problem;
use crate::state::AppState;

/// What is answered to a wrong password of somebody who is logged in. A 401 would say that they are not, and clients would throw
/// them out.
pub(super) fn wrong_is_no_logout(error: AccountError) -> Problem {
    match error {
        AccountError::WrongCredentials => {
            Problem::forbidden("auth.wrong_password", "the current password is wrong")
        }
        other => other.into(),
    }
}

/// A try to show a password. It counts against the account at that address, and against the address, until it succeeds.
pub(super) struct Attempt<'a> {
    app: &'a AppState,
    account: (String, IpAddr),
}

impl<'a> Attempt<'a> {
    /// Begins a try.
    ///
    /// # Errors
    /// 429 where there were too many that failed.
    pub(super) fn begin(
        app: &'a AppState,
        username: &str,
        address: IpAddr,
    ) -> Result<Self, Problem> {
        // Cut, so that a megabyte of a name is not kept; a name that long exists nowhere.
        let name: String = username
            .chars()
            .take(64)
            .flat_map(char::to_lowercase)
            .collect();
        app.logins()
            .begin(&name, address, Instant::now())
            .map_err(|wait| {
                Problem::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "auth.too_many_attempts",
                    "too many failed logins: wait a moment",
                )
                .retry_after(wait.as_secs() + 1)
            })?;
        Ok(Self {
            app,
            account: (name, address),
        })
    }

    /// Takes the try back: the password was right.
    pub(super) fn succeeded(self) {
        let (name, address) = &self.account;
        self.app.logins().succeeded(name, *address);
    }
}
