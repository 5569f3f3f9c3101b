//! Text that must not be printed: it hides itself from `Debug`, and its memory is wiped when it is dropped.
//!
//! It does not seal anything; that is the engine's business.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A secret value. There is no `Display` and no `Serialize`: whoever needs the text says [`SecretText::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

/// A session's secrets by name.
pub type Secrets = BTreeMap<String, SecretText>;

impl SecretText {
    /// Takes text into keeping.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Every use of this is a place to look at.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

/// It can be read from what people send, and is never written to what they get.
impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secrets: Secrets = [("TOKEN".to_owned(), SecretText::new("hush"))].into();
        assert_eq!(format!("{secrets:?}"), "{\"TOKEN\": SecretText(..)}");
        assert_eq!(secrets["TOKEN"].reveal(), "hush");
    }
}
