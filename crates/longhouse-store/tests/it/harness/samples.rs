//! Users, sessions and tokens to put into a store.

use std::num::NonZeroU32;
use std::time::Duration;

use longhouse_domain::agent::Mode;
use longhouse_domain::audit::{AuditActor, AuditEntry};
use longhouse_domain::container::{ContainerSpec, Limits, Network, Template};
use longhouse_domain::git::{AutoCommit, AutoCommitMode, Repository, SetUp, Worktree};
use longhouse_domain::session::{GitIdentity, Multiplexer, RuntimeKind, Workdir};
use longhouse_domain::terminal::{TerminalCommand, TerminalSize, TerminalSpec};
use longhouse_domain::user::User;
use longhouse_domain::{
    Actor, Phase, Role, Session, SessionId, SessionSpec, Timestamp, UserId, Wish,
};
use longhouse_store::{Deed, NewSignIn, NewToken, NewUser, Store};
use uuid::Uuid;

/// A moment, in milliseconds after an arbitrary beginning.
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
}

pub(crate) fn id() -> Uuid {
    Uuid::now_v7()
}

/// The record of a change about which there is nothing to say.
pub(crate) fn deed() -> Deed {
    Deed::new(AuditEntry::new(
        at(0),
        AuditActor::system("test"),
        "test.change",
    ))
}

/// An account that is there.
pub(crate) async fn new_user(store: &Store, username: &str, role: Role) -> User {
    let user = NewUser {
        id: UserId(id()),
        username: username.to_owned(),
        role,
        may_use_host: false,
        password_hash: Some(format!("hash of {username}")),
    };
    store.create_user(&user, &deed(), at(0)).await.unwrap()
}

/// Somebody who asks.
pub(crate) async fn actor(store: &Store, username: &str, role: Role) -> Actor {
    new_user(store, username, role).await.actor()
}

/// A session with something in every field.
/// Commits that make themselves.
fn keeping() -> AutoCommit {
    AutoCommit {
        mode: AutoCommitMode::Commit,
        ignore: vec!["*.log".to_owned()],
        ..AutoCommit::default()
    }
}

fn terminal() -> TerminalSpec {
    TerminalSpec {
        name: "agent".parse().unwrap(),
        title: "Agent".to_owned(),
        command: TerminalCommand::Agent,
        size: TerminalSize::DEFAULT,
    }
}

fn worktree() -> Worktree {
    Worktree {
        of: SessionId(id()),
        base: SessionId(id()),
        branch: "longhouse/a".parse().unwrap(),
        from: Some("v1~2".parse().unwrap()),
        copy: vec![".env".to_owned()],
        setup: Some("npm ci\n".to_owned()),
        set_up: Some(SetUp {
            at: at(12),
            code: Some(1),
        }),
    }
}

pub(crate) fn session(owner: UserId, name: &str) -> Session {
    Session {
        id: SessionId(id()),
        owner,
        name: name.parse().unwrap(),
        description: "fix the \"login\"; drop table sessions --".to_owned(),
        labels: [("team".to_owned(), "red".to_owned())].into(),
        spec: SessionSpec {
            agent: "claude".to_owned(),
            flags: vec!["--model".to_owned(), "x".to_owned()],
            mode: Mode::Interactive,
            prompt: Some("line\nbreak ünïcode \u{0}".to_owned()),
            runtime: RuntimeKind::Host,
            workdir: Workdir::Named {
                path: "/home/u/Work_1".to_owned(),
            },
            multiplexer: Multiplexer::Tmux,
            env: [("A".to_owned(), "1".to_owned())].into(),
            secrets: vec!["TOKEN".to_owned()],
            ssh_key: None,
            new_repository: Some("trunk".parse().unwrap()),
            repository: Some(Repository {
                url: "git@example.org:team/a.git".parse().unwrap(),
                branch: Some("main".parse().unwrap()),
                depth: NonZeroU32::new(1),
                submodules: true,
            }),
            worktree: Some(worktree()),
            git: GitIdentity {
                user_name: Some("U".to_owned()),
                user_email: None,
            },
            container: Some(ContainerSpec {
                template: Template::Both,
                image: "debian:bookworm-slim".parse().unwrap(),
                limits: Limits::DEFAULT,
                network: Network::Open,
                allow_hosts: Default::default(),
                ports: Vec::new(),
                inside_by: None,
                disk_mb: None,
            }),
            auto_commit: keeping(),
            idle_timeout_seconds: Some(60),
            recording: true,
        },
        terminals: vec![terminal()],
        wish: Wish::Running,
        phase: Phase::Pending,
        cloned_at: None,
        created_at: at(0),
        updated_at: at(0),
        last_accessed_at: None,
        starts: 0,
        last_activity_at: None,
    }
}

/// A refresh token that holds for an hour from the beginning.
pub(crate) fn token(hash: &str) -> NewToken {
    NewToken {
        hash: hash.to_owned(),
        expires_at: at(3_600_000),
    }
}

/// A login with its first token.
pub(crate) fn new_sign_in(id: Uuid, user: UserId, token_hash: &str) -> NewSignIn {
    NewSignIn {
        id,
        user,
        client: "a browser".to_owned(),
        address: "203.0.113.7".to_owned(),
        token: token(token_hash),
    }
}

/// A moment before the end of a grace.
pub(crate) fn short_of(grace: Duration) -> i64 {
    i64::try_from(grace.as_millis()).unwrap() - 1
}
