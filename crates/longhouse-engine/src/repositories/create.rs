//! Putting a repository into the list: one that a session holds already, or one for which a session is made.

use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::git::{CommandLine, Operation, RepositoryUrl};
use longhouse_domain::lifecycle::Status;
use longhouse_domain::name::SessionName;
use longhouse_domain::session::Session;
use longhouse_domain::working_copy::{CopyPath, PortChoice, WorkingCopy};
use longhouse_store::{Listed, RepositoryQuery};

use super::{ListedAs, NewPlace, NewRepository, RepositoryView};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::git::{LOOK_TIME, ask_at, succeeded};
use crate::session::handle::Handle;

impl Engine {
    /// Puts a repository into the list. With an idempotency key the same request a second time, where it makes a session, answers the first
    /// one's entry.
    pub async fn create_repository(
        &self,
        actor: &Actor,
        new: NewRepository,
        idempotency: Option<String>,
    ) -> Result<RepositoryView, EngineError> {
        let port = self.port_choice(new.port)?;
        match new.place {
            NewPlace::In(session, path) => {
                self.list_copy(actor, &session, path, new.name, port).await
            }
            NewPlace::New(session) => {
                let name = new.name;
                let made = self.create_listed_session(
                    actor,
                    *session,
                    idempotency,
                    Some(ListedAs { name, port }),
                );
                let id = made.await?.session.id;
                let query = RepositoryQuery {
                    session: Some(id),
                    after: None,
                    limit: u32::MAX,
                };
                let (found, _) = self.context().store.repositories(actor, &query).await?;
                let found = found
                    .into_iter()
                    .find(|found| found.copy.path.is_workspace());
                // The same request made it before, and it has been taken out of the list since.
                let found = found.ok_or(EngineError::RepositoryNotFound)?;
                Ok(RepositoryView::remembered(found))
            }
        }
    }

    /// What is tried for a port.
    pub(super) fn port_choice(&self, asked: Option<u16>) -> Result<PortChoice, EngineError> {
        match asked {
            None => Ok(PortChoice::Lowest(self.context().settings.repository_ports)),
            Some(port) if longhouse_domain::working_copy::can_be_listened_on(port) => {
                Ok(PortChoice::This(port))
            }
            Some(_) => Err(EngineError::invalid(
                "port",
                "must be 1024 or above: programs of a session have no privilege to listen below",
            )),
        }
    }

    /// Puts a working copy into the list that lies in a session. Where that runs, it is looked at first.
    async fn list_copy(
        &self,
        actor: &Actor,
        reference: &str,
        path: CopyPath,
        name: SessionName,
        port: PortChoice,
    ) -> Result<RepositoryView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        let known = session.spec.repository.as_ref();
        let known = known.filter(|_| path.is_workspace());
        let git_url = match known {
            Some(repository) => Some(repository.url.clone()),
            None if session.status() == Status::Running => self.origin(&handle, &path).await?,
            None => None,
        };
        let now = self.context().now();
        let copy = WorkingCopy {
            id: self.context().new_id(),
            session: session.id,
            name,
            path,
            git_url,
            port: 0,
            heard: None,
            created_at: now,
            updated_at: now,
        };
        let listed = self.context().store.add_repository(&copy, port).await;
        match listed.map_err(port_taken)? {
            Listed::New(_) => {
                self.tell_of_repositories(session.id).await;
                self.repository(actor, copy.id).await
            }
            Listed::Before => Err(EngineError::conflict(
                "repository.exists",
                "that place of the session is in the list already",
            )),
            Listed::Full => Err(EngineError::conflict(
                "repository.limit_reached",
                "the session has as many repositories in the list as one may: take one out first",
            )),
        }
    }

    /// Where a working copy of a session that runs comes from, as it says itself. What holds a password or leads where no address of ours may
    /// is left out. An error where there is no working copy.
    async fn origin(
        &self,
        handle: &Handle,
        path: &CopyPath,
    ) -> Result<Option<RepositoryUrl>, EngineError> {
        let question = ["--get".to_owned(), "remote.origin.url".to_owned()];
        let line = CommandLine::new("config", &question)
            .map_err(|error| EngineError::Internal(error.to_string()))?;
        let transports = &self.context().settings.git_transports;
        let operation = Operation::Run(line);
        let reply = ask_at(handle, path, &operation, transports, LOOK_TIME).await?;
        if reply.exit_code == 1 {
            return Ok(None);
        }
        let reply = succeeded(reply)?;
        let url = String::from_utf8_lossy(&reply.stdout);
        Ok(url.trim().parse().ok())
    }
}

/// The entry of a session's workspace, to be written with the session.
pub(crate) fn entry_of_workspace(
    id: uuid::Uuid,
    session: &Session,
    name: SessionName,
) -> WorkingCopy {
    WorkingCopy {
        id,
        session: session.id,
        name,
        path: CopyPath::default(),
        git_url: session.spec.repository.as_ref().map(|r| r.url.clone()),
        port: 0,
        heard: None,
        created_at: session.created_at,
        updated_at: session.created_at,
    }
}

/// In the words of this list.
pub(crate) fn port_taken(error: longhouse_store::StoreError) -> EngineError {
    use longhouse_store::StoreError;
    match error {
        StoreError::PortTaken(0) => EngineError::conflict(
            "repository.no_port",
            "every port for repositories is taken: name another with port, or ask an administrator for a larger range \
             (git.repository_ports)",
        ),
        StoreError::PortTaken(port) => EngineError::conflict(
            "repository.port_taken",
            format!("port {port} is another repository's, or published: choose another"),
        ),
        error => error.into(),
    }
}
