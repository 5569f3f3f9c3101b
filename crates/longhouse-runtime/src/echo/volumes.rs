//! Volumes that no session of this runtime made: there because a test says so.

use super::EchoRuntime;
use crate::{Volume, VolumeError};

impl EchoRuntime {
    /// Lets a volume be there that no session of this runtime made.
    pub fn leave_volume(&self, volume: Volume) {
        self.lock().volumes.push(volume);
    }

    pub(super) fn kept_volumes(&self) -> Vec<Volume> {
        self.lock().volumes.clone()
    }

    pub(super) fn drop_volume(&self, name: &str) -> Result<(), VolumeError> {
        let volumes = &mut self.lock().volumes;
        let at = volumes.iter().position(|volume| volume.name == name);
        volumes.remove(at.ok_or(VolumeError::Gone)?);
        Ok(())
    }
}
