//! What can go wrong with accounts, named for what the caller will do.

use longhouse_domain::user::User;
use longhouse_store::StoreError;
use uuid::Uuid;

use crate::error::{EngineError, FieldProblem};

/// Why something about an account was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Wrong name or wrong password; which of them is not said, nor whether the account is disabled.
    #[error("the user name or the password is wrong")]
    WrongCredentials,
    /// The token, ticket or sign-in is not good, or not any more.
    #[error("not signed in")]
    NotSignedIn,
    /// A refresh token came back after it had been exchanged: somebody else has a copy. The sign-in has been ended.
    #[error("this sign-in was ended, because its token was used twice")]
    TokenReused {
        /// Whose it was.
        user: Box<User>,
        /// Of which sign-in.
        sign_in: Uuid,
    },
    /// The set-up token is wrong.
    #[error("the set-up token is wrong; the newest one stands on the server's console")]
    WrongSetupToken,
    /// There is an account already: set-up is over.
    #[error("the first account has been made already")]
    SetupClosed,
    /// Another account has that name.
    #[error("that user name is taken")]
    NameTaken,
    /// No account of that name.
    #[error("there is no such user")]
    UserNotFound,
    /// The user has no such API token.
    #[error("there is no such API token")]
    TokenNotFound,
    /// The user has an API token of that name.
    #[error("you have an API token of that name already")]
    TokenNameTaken,
    /// The user has as many API tokens as one may have.
    #[error("you have {most} API tokens already: delete one first")]
    TooManyTokens {
        /// How many one may have.
        most: u32,
    },
    /// The user has no such sign-in.
    #[error("there is no such sign-in")]
    SignInNotFound,
    /// Somebody whom an identity provider vouches for has no account here, and none is made for them.
    #[error("you have no account on this server")]
    NoAccount,
    /// The account is disabled, which is said only to whom a provider vouches for.
    #[error("your account on this server is disabled")]
    Disabled,
    /// The user has no link to that provider.
    #[error("your account has no login at that provider")]
    LinkNotFound,
    /// Somebody at the provider is another account here.
    #[error("that login at the provider belongs to another account on this server")]
    LinkedElsewhere,
    /// The account is reached by another login at the same provider.
    #[error("your account has another login at that provider already: disconnect it first")]
    LinkedAlready,
    /// Without this link nobody could log into the account.
    #[error("you could not log in any more: this is the only way into your account")]
    LastWayIn,
    /// There is no password to ask for, and the login is not recent.
    #[error("your login is too long ago for this: log out, log in, and try again")]
    LoginTooOld,
    /// Nobody would be left to administer.
    #[error("the last admin must stay one")]
    LastAdmin,
    /// The account owns sessions: say what is to become of them.
    #[error("the user owns sessions: hand them over to somebody, or have them removed")]
    OwnsSessions,
    /// What hangs on the account could not be seen to.
    #[error(transparent)]
    Session(#[from] EngineError),
    /// Fields to correct.
    #[error("the request has {} field(s) to correct", .0.len())]
    Invalid(Vec<FieldProblem>),
    /// Too many logins at once: try again shortly.
    #[error("too many logins at once")]
    Busy,
    /// The database is away: try again later.
    #[error("{0}")]
    Unavailable(String),
    /// A fault of ours. The text is for the log.
    #[error("{0}")]
    Internal(String),
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NameTaken => Self::NameTaken,
            StoreError::Unavailable(_) => Self::Unavailable(error.to_string()),
            StoreError::Conflict(_)
            | StoreError::InvalidQuery { .. }
            | StoreError::Corrupt(_)
            | StoreError::SchemaTooNew { .. }
            | StoreError::Full { .. }
            | StoreError::PortTaken(_)
            | StoreError::Other(_) => Self::Internal(error.to_string()),
        }
    }
}
