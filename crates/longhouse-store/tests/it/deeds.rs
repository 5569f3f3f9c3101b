//! Changes of rights and their records: neither or both, whatever fails between the two.

use std::time::Duration;

use longhouse_domain::audit::{AuditActor, AuditEntry};
use longhouse_domain::{Role, Scope, ShareAccess, UserId};
use longhouse_store::{
    AuditKey, AuditQuery, Deed, ExternalIdentity, NewApiToken, NewUser, Removed, Store, StoreError,
    UserChange,
};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use uuid::Uuid;

use crate::harness::{Bed, at, id, new_sign_in, new_user, on_both_back_ends, session, token};

/// Everything that a change of rights touches, except the log itself.
const TABLES: [&str; 10] = [
    "users",
    "counters",
    "external_identities",
    "sign_ins",
    "refresh_tokens",
    "api_tokens",
    "sessions",
    "shares",
    "events",
    "settings",
];

/// A store whose audit log a test can break.
struct Breakable<'a> {
    store: &'a Store,
    connection: AnyConnection,
    done: usize,
}

impl Breakable<'_> {
    async fn sql(&mut self, sql: &'static str) {
        sqlx::raw_sql(sql)
            .execute(&mut self.connection)
            .await
            .unwrap();
    }

    /// Every row of everything that a change could touch.
    async fn everything(&mut self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in TABLES {
            let all = sqlx::AssertSqlSafe(format!("select * from {table} order by 1, 2"));
            let found = sqlx::query(all).fetch_all(&mut self.connection).await;
            rows.extend(
                found
                    .unwrap()
                    .iter()
                    .map(|row| format!("{table}: {}", shown(row))),
            );
        }
        rows
    }

    /// Makes the change twice: once while its record cannot be written, once while it can.
    async fn neither_or_both(
        &mut self,
        action: &str,
        change: impl AsyncFn(Deed) -> Result<bool, StoreError>,
    ) {
        let deed = Deed::new(AuditEntry::new(at(0), AuditActor::system("test"), action));
        let before = self.everything().await;
        self.sql("create table kept_head as select * from audit_head; delete from audit_head")
            .await;
        let failed = change(deed.clone()).await;
        assert!(failed.is_err(), "{action} was done without its record");
        assert_eq!(deed.place(), None, "{action}");
        assert_eq!(self.everything().await, before, "{action}");
        self.sql("insert into audit_head select * from kept_head; drop table kept_head")
            .await;

        assert!(change(deed.clone()).await.unwrap(), "{action} was not done");
        assert_ne!(self.everything().await, before, "{action} changed nothing");
        let records = self
            .store
            .audit_after(&AuditQuery::default(), 0, 100)
            .await
            .unwrap();
        let of_action = |action: &str| {
            let same = records.iter().filter(|one| one.entry.action == action);
            same.map(|one| one.seq).collect::<Vec<_>>()
        };
        assert_eq!(of_action(action), Vec::from_iter(deed.place()), "{action}");
        self.done += 1;
    }
}

fn shown(row: &AnyRow) -> String {
    let values = (0..row.len()).map(|at| match row.try_get::<Option<String>, _>(at) {
        Ok(text) => format!("{text:?}"),
        Err(_) => format!("{:?}", row.try_get::<Option<i64>, _>(at).ok()),
    });
    values.collect::<Vec<_>>().join(", ")
}

fn account(username: &str) -> NewUser {
    NewUser {
        id: UserId(id()),
        username: username.to_owned(),
        role: Role::Admin,
        may_use_host: true,
        password_hash: Some("hash".to_owned()),
    }
}

fn api_token(user: UserId) -> NewApiToken {
    NewApiToken {
        id: id(),
        user,
        name: "ci".to_owned(),
        hash: "hash".to_owned(),
        hint: "lh_abcd".to_owned(),
        scopes: [Scope::SessionsRead].into_iter().collect(),
        expires_at: None,
    }
}

async fn sign_in(store: &Store, user: UserId, token: &str) -> Uuid {
    let new = new_sign_in(id(), user, token);
    store.create_sign_in(&new, at(1)).await.unwrap();
    new.id
}

async fn breakable<'a>(bed: &Bed, store: &'a Store) -> Breakable<'a> {
    Breakable {
        store,
        connection: bed.connect().await,
        done: 0,
    }
}

async fn sealed(bed: &Bed) -> Store {
    bed.open().await.with_audit_key(AuditKey([7; 32]))
}

on_both_back_ends! {
    async fn an_account_changes_with_its_record_or_not_at_all(bed: &Bed) {
        let store = sealed(bed).await;
        let mut log = breakable(bed, &store).await;
        let root = account("root");
        log.neither_or_both("user.first", async |deed| {
            Ok(store.create_first_user(&root, &deed, at(1)).await?.is_some())
        }).await;
        let ann = account("ann");
        log.neither_or_both("user.create", async |deed| {
            Ok(store.create_user(&ann, &deed, at(1)).await?.id == ann.id)
        }).await;
        let provider = ExternalIdentity { issuer: "i".to_owned(), subject: "s".to_owned() };
        let eve = account("eve");
        log.neither_or_both("user.external", async |deed| {
            Ok(store.create_external_user(&provider, &eve, &deed, at(1)).await?.id == eve.id)
        }).await;
        let changes = [
            ("user.role", UserChange { role: Some(Role::Viewer), ..UserChange::default() }),
            ("user.host", UserChange { may_use_host: Some(false), ..UserChange::default() }),
            ("user.disable", UserChange { disabled: Some(true), ..UserChange::default() }),
            ("user.password", UserChange { password_hash: Some("other".to_owned()), ..UserChange::default() }),
        ];
        for (action, change) in changes {
            log.neither_or_both(action, async |deed| {
                Ok(store.change_user(ann.id, &change, &deed, at(2)).await?.is_some())
            }).await;
        }
        log.neither_or_both("user.delete", async |deed| {
            Ok(store.remove_user(ann.id, &deed).await? == Removed::Done)
        }).await;
        assert_eq!(log.done, 8);
        assert_eq!(store.verify_audit().await.unwrap().fault, None);
    }

    async fn a_credential_ends_with_its_record_or_not_at_all(bed: &Bed) {
        let store = sealed(bed).await;
        let ann = new_user(&store, "ann", Role::Admin).await.id;
        let mut log = breakable(bed, &store).await;
        let made = api_token(ann);
        log.neither_or_both("token.create", async |deed| {
            Ok(store.create_api_token(&made, 9, &deed, at(1)).await?.is_some())
        }).await;
        log.neither_or_both("token.delete", async |deed| store.delete_api_token(ann, made.id, &deed).await).await;
        let first = sign_in(&store, ann, "a0").await;
        sign_in(&store, ann, "b0").await;
        log.neither_or_both("sign_in.end", async |deed| store.revoke_sign_in(ann, first, &deed, at(2)).await).await;
        log.neither_or_both("sign_in.end_others", async |deed| {
            Ok(store.revoke_other_sign_ins(ann, None, &deed, at(2)).await? == 1)
        }).await;
        let stolen = sign_in(&store, ann, "c0").await;
        let nothing = crate::harness::deed();
        store.rotate_token("c0", &token("c1"), &nothing, at(3), Duration::ZERO).await.unwrap();
        assert_eq!(nothing.place(), None, "an ordinary exchange is no deed");
        log.neither_or_both("sign_in.reuse", async |deed| {
            store.rotate_token("c0", &token("c2"), &deed, at(9), Duration::ZERO).await?;
            Ok(store.live_sign_in(stolen).await?.is_none())
        }).await;
        assert_eq!(log.done, 5);
    }

    async fn a_share_and_a_setting_change_with_their_record_or_not_at_all(bed: &Bed) {
        let store = sealed(bed).await;
        let ann = new_user(&store, "ann", Role::Admin).await.id;
        let ben = new_user(&store, "ben", Role::Member).await.id;
        let work = session(ann, "work");
        store.create_session(&work, None, &[], at(1)).await.unwrap();
        let made = work.id;
        let mut log = breakable(bed, &store).await;
        log.neither_or_both("session.share", async |deed| {
            Ok(store.share_session(made, ben, ShareAccess::View, &deed, at(2)).await?.is_some())
        }).await;
        log.neither_or_both("session.unshare", async |deed| {
            Ok(store.unshare_session(made, ben, &deed, at(3)).await?.is_some())
        }).await;
        log.neither_or_both("session.hand_over", async |deed| {
            Ok(store.hand_over_session(made, ben, &deed, at(4)).await?.is_some())
        }).await;
        log.neither_or_both("settings.update", async |deed| {
            let changes = [("a", Some("1".to_owned())), ("b", Some("2".to_owned()))];
            store.change_settings(&changes, &deed).await.map(|()| true)
        }).await;
        assert_eq!(log.done, 4);
    }

    async fn deeds_and_batches_of_records_at_once_keep_one_chain(bed: &Bed) {
        let (one, two) = (sealed(bed).await, sealed(bed).await);
        let writers: Vec<_> = (0..4).map(|writer| {
            let store = if writer % 2 == 0 { one.clone() } else { two.clone() };
            tokio::spawn(async move {
                for n in 0..10 {
                    let entry = AuditEntry::new(at(n), AuditActor::nobody(), "auth.login");
                    store.append_audit(&[entry.clone(), entry.clone()]).await.unwrap();
                    let user = account(&format!("user-{writer}-{n}"));
                    let deed = Deed::new(AuditEntry { action: "user.create".to_owned(), ..entry });
                    store.create_user(&user, &deed, at(n)).await.unwrap();
                    let change = UserChange { role: Some(Role::Viewer), ..UserChange::default() };
                    let deed = deed.step("user.update");
                    // An admin stays, for whoever is last cannot be demoted.
                    if n > 0 {
                        store.change_user(user.id, &change, &deed, at(n)).await.unwrap();
                    }
                }
            })
        }).collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let report = one.verify_audit().await.unwrap();
        assert_eq!((report.fault, report.checked), (None, 4 * (10 * 3 + 9)));
    }
}
