//! Who is asking: bearer token, cookie, ticket, or the control socket.
//!
//! The accounts themselves, passwords and sign-ins are the engine's; this is how they travel over HTTP.

mod api_tokens;
mod body;
mod cookies;
mod handlers;
mod identify;
mod oidc;
mod sign_ins;
mod token;
mod tries;
mod watch;

pub(crate) use api_tokens::*;
pub(crate) use body::*;
pub(crate) use handlers::*;
pub(crate) use identify::{Caller, Presented, identify, ticket_identity, token_identity};
pub use oidc::OidcProvider;
pub(crate) use oidc::*;
pub(crate) use sign_ins::*;
pub(crate) use token::{AccessTokens, derived};
pub(crate) use watch::until_revoked;
