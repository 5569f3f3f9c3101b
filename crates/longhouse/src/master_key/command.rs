//! The master key as a program prints it: a password store, a key service. It gets no environment, and has a short time.

use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use longhouse_engine::secrets::{Key, MasterKeySource, SecretsError};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use zeroize::Zeroizing;

use super::{SHAPE, trouble};

/// How long the program may take: it may ask a service on the network.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most that is read of what it prints, bytes. A key takes 44.
const LONGEST_ANSWER: u64 = 4096;

pub(super) struct CommandSource {
    command: Vec<String>,
    patience: Duration,
}

impl CommandSource {
    pub(super) fn new(command: Vec<String>) -> Self {
        Self {
            command,
            patience: PATIENCE,
        }
    }

    fn program(&self) -> &str {
        self.command.first().map_or("", String::as_str)
    }

    /// What it printed. Its complaints go where the server's own log goes, for they are not ours to quote.
    async fn run(&self) -> Result<Zeroizing<String>, String> {
        let mut child = Command::new(self.program())
            .args(self.command.iter().skip(1))
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot be started: {error}"))?;
        let mut text = Zeroizing::new(String::new());
        let finish = async {
            if let Some(stdout) = child.stdout.take() {
                let read = stdout.take(LONGEST_ANSWER).read_to_string(&mut text).await;
                read.map_err(|error| format!("prints no text: {error}"))?;
            }
            child.wait().await.map_err(|error| error.to_string())
        };
        match tokio::time::timeout(self.patience, finish).await {
            Ok(Ok(status)) if status.success() => Ok(text),
            Ok(Ok(status)) => Err(format!("failed ({status})")),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(format!("took longer than {} s", self.patience.as_secs())),
        }
    }
}

#[async_trait]
impl MasterKeySource for CommandSource {
    fn describe(&self) -> String {
        format!("the command {}", self.program())
    }

    async fn key(&self, _recorded: Option<&str>) -> Result<Key, SecretsError> {
        let program = self.program();
        let text = self.run().await.map_err(|why| {
            trouble(format!("master_key_command: {program} {why}; it gets no environment, so name programs and files by their full paths"))
        })?;
        Key::from_base64(&text).ok_or_else(|| {
            trouble(format!(
                "master_key_command: {program} printed no master key: {SHAPE}"
            ))
        })
    }

    async fn successor(&self, given: Option<Key>) -> Result<Key, SecretsError> {
        if given.is_some() {
            return Err(trouble(
                "the master key comes from a command: change what it prints, then rotate without giving a key",
            ));
        }
        self.key(None).await
    }

    async fn settle(&self) -> Result<(), SecretsError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> CommandSource {
        let words = ["/bin/sh", "-c", script];
        CommandSource::new(words.map(str::to_owned).to_vec())
    }

    #[tokio::test]
    async fn the_key_is_what_the_command_prints_without_any_environment() {
        let key = Key::random().unwrap();
        // A shell sets a few variables itself; what it inherits would be more.
        let script = format!(
            "test -z \"$HOME$CARGO$USER\" && echo '{}'",
            *key.to_base64()
        );
        assert_eq!(shell(&script).key(None).await.unwrap(), key);
    }

    #[tokio::test]
    async fn a_command_that_fails_hangs_or_babbles_is_told_as_such_and_not_quoted() {
        for (script, part) in [
            ("echo canary; exit 3", "exit status: 3"),
            ("echo canary", "no master key"),
            ("head -c 100000 /dev/zero", "/bin/sh"),
        ] {
            let error = shell(script).key(None).await.unwrap_err().to_string();
            assert!(error.contains(part) && !error.contains("canary"), "{error}");
        }
        let mut hanging = shell("exec sleep 600");
        hanging.patience = Duration::from_millis(50);
        let error = hanging.key(None).await.unwrap_err().to_string();
        assert!(error.contains("took longer"), "{error}");
        let missing = CommandSource::new(vec!["/nowhere/program".to_owned()]);
        assert!(missing.key(None).await.is_err());
    }
}
