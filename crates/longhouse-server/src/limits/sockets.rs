//! How many terminal and event sockets are open: of one user, and of everybody, with some kept for admins.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use longhouse_domain::user::User;
use longhouse_domain::{Role, UserId};

use crate::problem::Problem;

/// How many more an admin may open when everybody's are gone.
const FOR_ADMINS: usize = 32;

/// Seconds after which a client may try again.
const RETRY_SECONDS: u64 = 10;

/// The sockets of one server.
pub(crate) struct SocketSlots {
    most: usize,
    most_per_user: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    of_users: HashMap<UserId, usize>,
}

/// One open socket's place. It is free again when this is dropped.
pub(crate) struct SocketSlot {
    slots: Arc<SocketSlots>,
    user: UserId,
}

impl SocketSlots {
    pub(crate) fn new(most: usize, most_per_user: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            most_per_user,
            open: Mutex::default(),
        })
    }

    /// A place for a socket of this user.
    pub(crate) fn take(self: &Arc<Self>, user: &User) -> Result<SocketSlot, Problem> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = open.of_users.get(&user.id).copied().unwrap_or_default();
        if theirs >= self.most_per_user {
            return Err(too_many(
                "you have too many open windows on this server: close some",
            ));
        }
        let most = match user.role {
            Role::Admin => self.most.saturating_add(FOR_ADMINS),
            Role::Member | Role::Viewer => self.most,
        };
        if open.all >= most {
            return Err(too_many(
                "this server has as many open sockets as it can hold",
            ));
        }
        open.all += 1;
        open.of_users.insert(user.id, theirs + 1);
        Ok(SocketSlot {
            slots: Arc::clone(self),
            user: user.id,
        })
    }
}

fn too_many(detail: &'static str) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "socket.too_many", detail)
        .retry_after(RETRY_SECONDS)
}

impl Drop for SocketSlot {
    fn drop(&mut self) {
        let mut open = self
            .slots
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        if let Some(theirs) = open.of_users.get_mut(&self.user) {
            *theirs -= 1;
            if *theirs == 0 {
                open.of_users.remove(&self.user);
            }
        }
    }
}
