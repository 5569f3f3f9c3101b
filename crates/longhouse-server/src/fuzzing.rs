//! Doors for the targets in `fuzz/`: parsers of foreign bytes that lie inside. They exist only in a build with `--cfg fuzzing`.
//! Whatever comes, the parsers may refuse it and must not panic.

use std::sync::Arc;

use longhouse_domain::{Clock, Timestamp};
use serde::de::DeserializeOwned;

use crate::auth::AccessTokens;
use crate::sessions::CreateSession;
use crate::settings::SigningKey;
use crate::socketio::{Dimensions, Handshake, SessionSubscription, TerminalTarget};
use crate::terminals::ClientMessage;
use crate::{audit, auth, extract};

/// A text frame of a terminal's viewer.
pub fn terminal_message(frame: &[u8]) {
    let _ = serde_json::from_slice::<ClientMessage>(frame);
}

/// The payload of a Socket.IO event.
pub fn socket_event(payload: &[u8]) {
    fn read<T: DeserializeOwned>(payload: &[u8]) {
        let _ = serde_json::from_slice::<T>(payload);
    }
    read::<Handshake>(payload);
    read::<SessionSubscription>(payload);
    read::<TerminalTarget>(payload);
    read::<Dimensions>(payload);
}

/// The body of a request, and what is said of one that cannot be read.
pub fn body(bytes: &[u8]) {
    if let Err(problem) = extract::parse::<CreateSession>(bytes) {
        assert!(problem.status().is_client_error(), "{problem:?}");
    }
}

struct Standstill;

impl Clock for Standstill {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// An access token. Without the key nobody makes one that is believed.
pub fn access_token(token: &[u8]) {
    let Ok(token) = std::str::from_utf8(token) else {
        return;
    };
    let tokens = AccessTokens::new(&SigningKey([7; 32]), Arc::new(Standstill));
    assert!(tokens.read(token).is_none(), "a forged token is believed");
}

/// What an identity provider says of somebody.
pub fn id_token(word: &[u8]) {
    auth::id_token(word);
}

/// What is typed into a terminal and shown by it, where the policy says that lines are recorded.
pub fn typed_lines(data: &[u8]) {
    audit::lines(data);
}
