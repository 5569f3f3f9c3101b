//! Changing an entry of the list, and taking it out.

use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::event::EventKind;
use longhouse_domain::git::{Operation, RepositoryUrl};
use longhouse_domain::session::Session;
use longhouse_store::RepositoryChange;
use uuid::Uuid;

use super::create::port_taken;
use super::{RepositoryFiles, RepositoryPatch, RepositoryView};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::git::{LOOK_TIME, RepositoryAt, UnsavedWork, ask_at, check_transport, succeeded};
use crate::session::handle::Command;
use crate::session::inside::require_running;

impl Engine {
    /// Changes an entry. Another address is given to the working copy, too, by its session, which has to run; only the session's owner may do
    /// that, for keys and tokens of theirs follow the address.
    pub async fn update_repository(
        &self,
        actor: &Actor,
        id: Uuid,
        patch: RepositoryPatch,
    ) -> Result<RepositoryView, EngineError> {
        let before = self.remembered_repository(actor, id).await?;
        let session = before.session.id;
        let needed = match &patch.git_url {
            Some(url) if before.copy.git_url.as_ref() != Some(url) => Permission::Own,
            _ => Permission::Drive,
        };
        self.find(actor, &session.to_string(), needed).await?;
        if patch.port.is_some() {
            self.port_choice(patch.port)?;
        }
        if let Some(url) = patch.git_url.as_ref().filter(|_| needed == Permission::Own) {
            self.move_repository(actor, &before, url).await?;
        }
        let change = RepositoryChange {
            name: patch.name,
            port: patch.port.filter(|port| *port != before.copy.port),
            git_url: patch.git_url,
        };
        let now = self.context().now();
        let done = self.context().store.change_repository(id, &change, now);
        if !done.await.map_err(port_taken)? {
            return Err(EngineError::RepositoryNotFound);
        }
        self.tell_of_repositories(session).await;
        self.repository(actor, id).await
    }

    /// Takes an entry out of the list. Its files stay, or go with the session that they are of.
    pub async fn delete_repository(
        &self,
        actor: &Actor,
        id: Uuid,
        files: RepositoryFiles,
        unsaved: UnsavedWork,
    ) -> Result<(), EngineError> {
        let view = self.remembered_repository(actor, id).await?;
        let session = view.session.id;
        if files == RepositoryFiles::Deleted {
            if !view.copy.path.is_workspace() {
                return Err(EngineError::invalid(
                    "files",
                    "this repository is a directory of a session that holds more: delete the directory with the session's files, or \
                     the session",
                ));
            }
            return self
                .delete_session(actor, &session.to_string(), unsaved)
                .await;
        }
        self.find(actor, &session.to_string(), Permission::Drive)
            .await?;
        if !self.context().store.delete_repository(id).await? {
            return Err(EngineError::RepositoryNotFound);
        }
        self.tell_of_repositories(session).await;
        Ok(())
    }

    /// Where a repository lies: for work with it.
    pub async fn repository_place(
        &self,
        actor: &Actor,
        id: Uuid,
    ) -> Result<RepositoryAt, EngineError> {
        let view = self.remembered_repository(actor, id).await?;
        Ok(RepositoryAt {
            session: view.session.id.to_string(),
            path: view.copy.path,
        })
    }

    /// Gives a working copy another address. The session of which it is the workspace pushes there from now on.
    async fn move_repository(
        &self,
        actor: &Actor,
        view: &RepositoryView,
        url: &RepositoryUrl,
    ) -> Result<(), EngineError> {
        let transports = &self.context().settings.git_transports;
        check_transport(transports, Some(url), "gitUrl")?;
        let reference = view.session.id.to_string();
        let (session, handle) = self.find(actor, &reference, Permission::Own).await?;
        require_running(&session)?;
        let operation = Operation::SetOrigin(url.clone());
        let asked = ask_at(&handle, &view.copy.path, &operation, transports, LOOK_TIME);
        succeeded(asked.await?)?;
        if view.copy.path.is_workspace() {
            let url = url.clone();
            let change = Box::new(move |session: &mut Session| {
                if let Some(repository) = &mut session.spec.repository {
                    repository.url = url;
                }
                Vec::new()
            });
            handle.ask(|reply| Command::Change(change, reply)).await?;
        }
        Ok(())
    }

    /// Pages that show the session's repositories look again. The entries are written by now: a session that cannot be told of it is no
    /// reason to say that they are not.
    pub(super) async fn tell_of_repositories(&self, session: longhouse_domain::SessionId) {
        let Some(handle) = self.handle(session) else {
            return;
        };
        let change = Box::new(|_: &mut Session| vec![EventKind::Updated]);
        if let Err(error) = handle.ask(|reply| Command::Change(change, reply)).await {
            self.context()
                .complain(session, "tell of its repositories", &error);
        }
    }
}
