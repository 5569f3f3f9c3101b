//! Every version's rows are read by the newest one: they are put in by SQL after their migration, and before all later ones.

use std::time::Duration;

use longhouse_domain::audit::{AuditActor, AuditEntry};
use longhouse_domain::event::{EventKind, LogLevel};
use longhouse_domain::news::NewsNumber;
use longhouse_domain::query::SessionQuery;
use longhouse_domain::ssh::known::HostKey;
use longhouse_domain::{Actor, Permission, Phase, Role, Scope, SessionId, Status, UserId};
use longhouse_store::{
    AuditQuery, CatchUp, Deed, ExternalIdentity, IdempotencyKey, IdempotentClaim, KnownHost,
    LastScreen, LogQuery, NewNews, Removed, RepositoryQuery, Rotation, SealedDataKey, SecretScope,
    SessionRef, Store,
};
use sqlx::{Connection, Executor};
use uuid::Uuid;

use crate::harness::{Bed, at, deed, on_both_back_ends, token};

/// One file for each migration, in order: rows as that version writes them.
const ROWS: &[&str] = &[
    include_str!("rows/0001.sql"),
    include_str!("rows/0002.sql"),
    include_str!("rows/0003.sql"),
    include_str!("rows/0004.sql"),
    include_str!("rows/0005.sql"),
    include_str!("rows/0006.sql"),
    include_str!("rows/0007.sql"),
    include_str!("rows/0008.sql"),
    include_str!("rows/0009.sql"),
    include_str!("rows/0010.sql"),
    include_str!("rows/0011.sql"),
    include_str!("rows/0012.sql"),
    include_str!("rows/0013.sql"),
    include_str!("rows/0014.sql"),
    include_str!("rows/0015.sql"),
    include_str!("rows/0016.sql"),
];

/// Migrates step by step, with each version's rows put in as it would have written them.
async fn grown_up(bed: &Bed) -> Store {
    for (version, rows) in (1..).zip(ROWS) {
        Store::migrate_for_test(&bed.url, version).await.unwrap();
        let mut connection = bed.connect().await;
        connection.execute(sqlx::raw_sql(*rows)).await.unwrap();
        connection.close().await.unwrap();
    }
    bed.open().await
}

on_both_back_ends! {
    async fn every_migration_has_rows_put_in_before_the_next(bed: &Bed) {
        let store = bed.open().await;
        let newest = store.ping().await.unwrap().schema;
        assert_eq!(usize::try_from(newest).unwrap(), ROWS.len(), "a new migration needs its file of rows");
    }

    async fn accounts_of_version_1_still_work(bed: &Bed) {
        let store = grown_up(bed).await;
        let ann = store.credentials("ANN").await.unwrap().unwrap();
        assert_eq!(ann.password_hash.as_deref(), Some("$argon2id$x"));
        let user = ann.user;
        assert_eq!((user.role, user.may_use_host, user.disabled, user.token_version), (Role::Member, true, false, 3));
        let rotated = store.rotate_token("t0", &token("t1"), &deed(), at(5), Duration::ZERO).await.unwrap();
        assert!(matches!(rotated, Rotation::Rotated { .. }), "{rotated:?}");
        assert_eq!(store.consume_ticket("k0", "terminal", at(5)).await.unwrap(), Some(user.id));
        assert_eq!(store.setting("setup").await.unwrap().as_deref(), Some("hash"));
        let key = IdempotencyKey { user: user.id, name: "k".to_owned(), request_hash: "h".to_owned() };
        let claim = store.claim_idempotency_key(&key, at(1)).await.unwrap();
        assert_eq!(claim, IdempotentClaim::Done("0192f3a4-7f3e-7cc0-98c4-0000000000a1".to_owned()));
    }

    async fn sessions_of_version_1_still_work(bed: &Bed) {
        let store = grown_up(bed).await;
        let ann = store.user_by_name("ann").await.unwrap().unwrap().actor();
        let by_label = SessionQuery {
            labels: vec![("team".to_owned(), Some("red".to_owned()))],
            text: Some("/SRV".to_owned()),
            limit: 9,
            ..SessionQuery::default()
        };
        let found = store.sessions(&ann, &by_label).await.unwrap().items;
        assert_eq!(found.len(), 1);
        let found = [&found[0].session];
        assert_eq!((found[0].status(), found[0].terminals.len()), (Status::Running, 3));
        let two = store.session(&ann, &SessionRef::parse("two")).await.unwrap().unwrap().session;
        assert_eq!((found[0].starts, two.starts), (0, 3));
        assert_eq!((found[0].cloned_at, two.cloned_at), (None, Some(at(11))));
        assert_eq!(two.phase, Phase::Error { reason: "killed by signal 9".to_owned() });
        let log = store.session_log(&ann, found[0].id, &LogQuery::default()).await.unwrap();
        assert_eq!((log[0].level, log[0].message.as_str()), (LogLevel::Warn, "a line"));
        let CatchUp::Events(events) = store.catch_up(&ann, 0, 10).await.unwrap() else { panic!("told to reload") };
        assert_eq!(events.len(), 4);
        // And it can be changed and deleted as any other.
        assert!(store.set_phase(two.id, Phase::Starting, at(9)).await.unwrap().is_some());
        let gone = store.delete_session(found[0].id, at(9)).await.unwrap().unwrap();
        assert_eq!((gone.events[0].seq, &gone.events[0].what), (8, &EventKind::Deleted));
    }

    async fn shares_of_version_7_show_what_they_share_and_go_with_it(bed: &Bed) {
        let store = grown_up(bed).await;
        let ben = store.user_by_name("ben").await.unwrap().unwrap();
        let two = store.session(&ben.actor(), &SessionRef::parse("two")).await.unwrap().unwrap();
        assert_eq!((two.access, two.shared), (Permission::Drive, 1));
        assert_eq!(store.account(ben.id).await.unwrap().unwrap().last_seen_at, Some(at(9)));
        // What was deleted before is told to him alone, in spite of there being nothing to share any more.
        let CatchUp::Events(events) = store.catch_up(&ben.actor(), 4, 10).await.unwrap() else { panic!("told to reload") };
        assert_eq!((events[0].seq, events[0].only_for), (5, Some(ben.id)));
        store.delete_session(two.session.id, at(9)).await.unwrap();
        assert_eq!(store.remove_user(ben.id, &deed()).await.unwrap(), Removed::Done);
        assert_eq!(store.every_share_for_reconciliation().await.unwrap().len(), 0);
    }

    async fn metrics_of_version_8_are_read_and_go_with_their_session(bed: &Bed) {
        let store = grown_up(bed).await;
        let ann = store.user_by_name("ann").await.unwrap().unwrap().actor();
        let two = store.session(&ann, &SessionRef::parse("two")).await.unwrap().unwrap().session.id;
        let points = store.metrics_since(&ann, two, at(0)).await.unwrap();
        assert_eq!(points.len(), 1);
        let point = points[0];
        assert_eq!((point.cpu_percent, point.memory_bytes, point.network_rx_bytes), (Some(12.5), Some(1 << 20), None));
        assert_eq!((point.tasks, point.agent_active), (Some(3), Some(true)));
        store.delete_session(two, at(9)).await.unwrap();
        assert_eq!(store.metrics_since(&ann, two, at(0)).await.unwrap(), []);
    }

    async fn credentials_of_version_6_still_work(bed: &Bed) {
        let store = grown_up(bed).await;
        let ann = store.user_by_name("ann").await.unwrap().unwrap();
        let token = store.api_token_by_hash("h0").await.unwrap().unwrap();
        assert_eq!((token.user, token.name.as_str(), token.last_used_at), (ann.id, "CI", None));
        assert!(token.scopes.contains(Scope::SessionsWrite) && !token.scopes.contains(Scope::Admin));
        assert_eq!(store.sign_ins(ann.id, at(5)).await.unwrap()[0].address, "");
        let who = ExternalIdentity { issuer: "https://id.example.com".to_owned(), subject: "s-1".to_owned() };
        assert_eq!(store.user_of_external(&who, at(5)).await.unwrap(), Some(ann));
    }

    async fn screens_of_version_2_are_read_replaced_and_go_with_their_session(bed: &Bed) {
        let store = grown_up(bed).await;
        let ann = store.user_by_name("ann").await.unwrap().unwrap().actor();
        let two = store.session(&ann, &SessionRef::parse("two")).await.unwrap().unwrap().session.id;
        let kept = async |format| store.last_screen(&ann, two, "agent", format).await.unwrap();
        assert_eq!(kept("text").await.as_deref(), Some("all done"));
        let again = [LastScreen { terminal: "agent".to_owned(), format: "ansi", content: "x".to_owned() }];
        store.keep_last_screens(two, &again).await.unwrap();
        assert_eq!((kept("text").await, kept("ansi").await), (None, Some("x".to_owned())));
        let stranger = Actor { user: UserId(uuid::Uuid::nil()), ..ann.clone() };
        assert_eq!(store.last_screen(&stranger, two, "agent", "ansi").await.unwrap(), None);
        store.delete_session(two, at(9)).await.unwrap();
        assert_eq!(kept("ansi").await, None);
        // The session may be gone by the time its screens come.
        store.keep_last_screens(two, &again).await.unwrap();
        assert_eq!(kept("ansi").await, None);
    }

    async fn secrets_of_version_4_are_read_and_go_with_their_session(bed: &Bed) {
        let store = grown_up(bed).await;
        assert_eq!(store.data_keys().await.unwrap(), [SealedDataKey {
            id: 1, master: "f00d".to_owned(), sealed: "sealed key".to_owned(),
        }]);
        let ann = store.user_by_name("ann").await.unwrap().unwrap().actor();
        let two = store.session(&ann, &SessionRef::parse("two")).await.unwrap().unwrap().session.id;
        let scope = SecretScope::Session(two);
        let token = store.secret(scope, "TOKEN").await.unwrap().unwrap();
        assert_eq!((token.version, token.data_key, token.sealed.as_str()), (2, 1, "sealed token"));
        store.delete_session(two, at(9)).await.unwrap();
        assert_eq!(store.secrets_of(scope).await.unwrap(), []);
        // The server's own is left, and what version 14 has of Ann's.
        assert_eq!(store.secrets_per_data_key().await.unwrap(), [(1, 2)]);
    }

    async fn ssh_keys_of_version_12_are_read_and_go_with_their_session(bed: &Bed) {
        let store = grown_up(bed).await;
        let ann = store.user_by_name("ann").await.unwrap().unwrap();
        let kept = store.ssh_keys(ann.id).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].name.as_str(), kept[0].hosts.as_slice()), ("Laptop", ["git.example.org".to_owned()].as_slice()));
        let own = "0192f3a4-7f3e-7cc0-98c4-0000000000c2".parse().unwrap();
        assert_eq!(store.ssh_key_of(ann.id, own).await.unwrap(), None);
        let two = store.ssh_key(own).await.unwrap().unwrap().session.unwrap();
        assert!(store.secret(SecretScope::SshKey(own), "private").await.unwrap().is_some());
        assert_eq!(store.git_identity(ann.id).await.unwrap().user_name.as_deref(), Some("Ann A."));
        store.delete_session(two, at(9)).await.unwrap();
        assert_eq!(store.ssh_key(own).await.unwrap(), None);
        assert_eq!(store.secret(SecretScope::SshKey(own), "private").await.unwrap(), None);
    }

    async fn hosts_known_since_version_13_are_read_and_forgotten_by_their_owner_alone(bed: &Bed) {
        let store = grown_up(bed).await;
        let ann = store.user_by_name("ann").await.unwrap().unwrap();
        let known = store.known_host(ann.id, "[git.example.org]:2222").await.unwrap().unwrap();
        assert_eq!(known.key.to_string(), "ssh-ed25519 AAAA");
        assert_eq!(known.refused, Some(("SHA256:def".to_owned(), at(9))));
        assert_eq!(store.hosts_known_by(ann.id, &known.key).await.unwrap(), [known.host.as_str()]);

        // What is known stands, whatever else is learnt of it, and there is room for so many.
        let again = KnownHost { id: Uuid::from_u128(7), key: HostKey::new("ssh-rsa", "BBBB").unwrap(), ..known.clone() };
        assert!(!store.learn_host(&again, 1).await.unwrap());
        assert!(store.learn_host(&again, 2).await.unwrap());
        assert_eq!(store.known_hosts(ann.id).await.unwrap(), std::slice::from_ref(&known));
        store.note_refused_host_key(known.id, "SHA256:ghi", at(10)).await.unwrap();
        let refused = store.known_hosts(ann.id).await.unwrap()[0].refused.clone();
        assert_eq!(refused, Some(("SHA256:ghi".to_owned(), at(10))));

        let deed = Deed::new(AuditEntry::new(at(11), AuditActor::user(ann.id, "ann"), "known_host.delete"));
        let stranger = UserId(Uuid::from_u128(1));
        assert!(!store.forget_host(stranger, known.id, &deed).await.unwrap());
        assert!(store.forget_host(ann.id, known.id, &deed).await.unwrap());
        assert_eq!(store.known_hosts(ann.id).await.unwrap(), []);
    }

    async fn git_tokens_of_version_14_are_read_and_go_with_what_is_sealed(bed: &Bed) {
        let store = grown_up(bed).await;
        let ann = store.user_by_name("ann").await.unwrap().unwrap();
        let kept = store.git_tokens(ann.id).await.unwrap();
        assert_eq!((kept[0].host.as_str(), kept[0].path.as_str(), kept[0].last_used_at), ("git.example.org", "team", Some(at(8))));
        let scope = SecretScope::GitToken(kept[0].id);
        assert!(store.secret(scope, "token").await.unwrap().is_some());
        let deed = Deed::new(AuditEntry::new(at(11), AuditActor::user(ann.id, "ann"), "git_token.delete"));
        assert!(!store.delete_git_token(UserId(Uuid::from_u128(1)), kept[0].id, &deed).await.unwrap());
        assert!(store.delete_git_token(ann.id, kept[0].id, &deed).await.unwrap());
        assert_eq!(store.secret(scope, "token").await.unwrap(), None);
    }

    async fn repositories_of_version_15_are_read_and_go_with_their_session(bed: &Bed) {
        let store = grown_up(bed).await;
        let ann = store.user_by_name("ann").await.unwrap().unwrap().actor();
        let all = RepositoryQuery { limit: 9, ..RepositoryQuery::default() };
        let (items, total) = store.repositories(&ann, &all).await.unwrap();
        let told: Vec<_> = items.iter().map(|item| (item.copy.path.as_str(), item.copy.port)).collect();
        assert_eq!((told, total), (vec![("sites/docs", 8101), ("", 8100)], 2));
        let (heard, at_time) = items[1].copy.heard.clone().unwrap();
        assert_eq!((heard.branch.as_deref(), heard.dirty, heard.ahead, at_time), (Some("main"), true, Some(2), at(8)));
        assert_eq!(store.repository_port(items[0].copy.session).await.unwrap(), Some(8100));
        store.delete_session(items[0].copy.session, at(9)).await.unwrap().unwrap();
        assert_eq!(store.repositories(&ann, &all).await.unwrap(), (vec![], 0));
    }

    async fn the_number_of_version_16_is_known_again(bed: &Bed) {
        let store = grown_up(bed).await;
        let session = SessionId(Uuid::parse_str("0192f3a4-7f3e-7cc0-98c4-0000000000a2").unwrap());
        let mut missed = Vec::new();
        for number in [12, 14] {
            let number = NewsNumber::new("a3c1", number).unwrap();
            let news = NewNews { number: &number, what: &[], lines: &[] };
            let written = store.append_news(session, UserId(Uuid::from_u128(1)), news, at(9)).await.unwrap();
            missed.push(written.map(|written| written.missed));
        }
        assert_eq!(missed, [None, Some(1)]);
    }

    async fn records_of_version_5_are_read_verified_and_appended_to(bed: &Bed) {
        let store = grown_up(bed).await;
        let report = store.verify_audit().await.unwrap();
        assert_eq!((report.fault, report.checked), (None, 2));
        let about_one = AuditQuery { target: Some("one".to_owned()), ..AuditQuery::default() };
        let page = store.audit_page(&about_one, None, 10).await.unwrap();
        assert_eq!((page.total, page.items[0].entry.actor.name.as_str()), (1, "ann"));
        store.append_audit(&[page.items[0].entry.clone()]).await.unwrap();
        assert_eq!(store.verify_audit().await.unwrap().checked, 3);
    }
}
