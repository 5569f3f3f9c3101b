//! The master key in a variable of the environment. No child of the server gets it: none inherits anything.

use async_trait::async_trait;
use longhouse_engine::accounts::Secret;
use longhouse_engine::secrets::{Key, MasterKeySource, SecretsError};

use super::{SHAPE, VARIABLE, trouble};

pub(super) struct VariableSource(Secret);

impl VariableSource {
    pub(super) fn new(text: Secret) -> Self {
        Self(text)
    }
}

#[async_trait]
impl MasterKeySource for VariableSource {
    fn describe(&self) -> String {
        format!("the variable {VARIABLE}")
    }

    async fn key(&self, _recorded: Option<&str>) -> Result<Key, SecretsError> {
        Key::from_base64(self.0.reveal())
            .ok_or_else(|| trouble(format!("{VARIABLE} holds no master key: {SHAPE}")))
    }

    async fn successor(&self, given: Option<Key>) -> Result<Key, SecretsError> {
        given.ok_or_else(|| {
            trouble(format!(
                "the master key comes from {VARIABLE}: give the new one on standard input, and set the variable to it before the next start"
            ))
        })
    }

    async fn settle(&self) -> Result<(), SecretsError> {
        tracing::warn!(
            "the master key was changed: set {VARIABLE} to the new one before the next start"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_variable_without_a_key_is_refused_without_being_quoted() {
        for text in ["canary", "AAAA"] {
            let source = VariableSource::new(Secret::new(text));
            let error = source.key(None).await.unwrap_err().to_string();
            assert!(error.contains(VARIABLE) && !error.contains(text), "{error}");
        }
        let key = Key::random().unwrap();
        let source = VariableSource::new(Secret::new(key.to_base64().as_str()));
        assert_eq!(source.key(None).await.unwrap(), key);
        assert!(source.successor(None).await.is_err());
    }
}
