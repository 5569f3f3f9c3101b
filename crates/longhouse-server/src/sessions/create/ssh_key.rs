//! The SSH key of a new session, as it is asked for.

use longhouse_engine::{NewSessionKey, SshKeySource};

use super::CreateSession;
use crate::problem::FieldError;

impl CreateSession {
    /// The key that its git may use; what makes no sense is written to `errors`.
    pub(super) fn ssh_key(&self, errors: &mut Vec<FieldError>) -> Option<NewSessionKey> {
        let generate = self.generate_ssh_key == Some(true);
        let asked = [
            ("sshKey", self.ssh_key.is_some()),
            ("sshKeyId", self.ssh_key_id.is_some()),
            ("generateSshKey", generate),
        ];
        let mut asked = asked.iter().filter(|(_, asked)| *asked);
        if let (Some(_), Some((field, _))) = (asked.next(), asked.next()) {
            let text = "a session has one SSH key: sshKey, sshKeyId or generateSshKey";
            errors.push(FieldError::new(*field, text));
        }
        if self.ssh_key_passphrase.is_some() && self.ssh_key.is_none() {
            let text = "is of an sshKey, and there is none";
            errors.push(FieldError::new("sshKeyPassphrase", text));
        }
        let given = self.ssh_key.clone().map(|text| {
            NewSessionKey::Own(SshKeySource::Given {
                text,
                passphrase: self.ssh_key_passphrase.clone(),
            })
        });
        given
            .or(self.ssh_key_id.map(NewSessionKey::Kept))
            .or(generate.then(NewSessionKey::generated))
    }
}
