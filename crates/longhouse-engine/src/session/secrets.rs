//! What may be a session's secret, and the list of their names in its record.

use std::collections::BTreeSet;

use longhouse_domain::SecretText;
use longhouse_domain::session::Session;
use longhouse_domain::terminal::is_environment_name;

use super::create::LIST_ITEMS;

/// The most bytes of a secret, and of its name: keys with their certificates take a few thousand.
const SECRET_BYTES: usize = 64 * 1024;
const SECRET_NAME_BYTES: usize = 128;

/// Secrets that a file can hold, with names that a shell can say.
pub(super) fn check_secrets<'a>(
    secrets: impl ExactSizeIterator<Item = (&'a String, Option<&'a SecretText>)>,
    refuse: &mut impl FnMut(&str, String),
) {
    if secrets.len() > LIST_ITEMS {
        refuse("secrets", format!("has more than {LIST_ITEMS} items"));
    }
    for (name, value) in secrets {
        if !is_environment_name(name) || name.len() > SECRET_NAME_BYTES {
            let name: String = name.chars().take(SECRET_NAME_BYTES).collect();
            refuse(
                "secrets",
                format!(
                    "{name:?} cannot be a secret's name: up to {SECRET_NAME_BYTES} letters, digits and '_' can"
                ),
            );
        }
        if value.is_some_and(|value| value.reveal().len() > SECRET_BYTES) {
            refuse(
                "secrets",
                format!("the value of {name} has more than {SECRET_BYTES} bytes"),
            );
        }
    }
}

/// Keeps the list of names in step with the secrets: each name is set now, or it is not.
pub(super) fn note_secrets(session: &mut Session, changed: Vec<(String, bool)>) {
    let mut names: BTreeSet<String> = session.spec.secrets.drain(..).collect();
    for (name, is_set) in changed {
        if is_set {
            names.insert(name);
        } else {
            names.remove(&name);
        }
    }
    session.spec.secrets = names.into_iter().collect();
}
