//! Volumes of sessions that nobody remembers.

use std::time::Duration;

use longhouse_domain::audit::ActorKind;
use longhouse_domain::clock::Clock as _;
use longhouse_domain::{Role, SessionId};
use longhouse_engine::{AuditQuery, EngineError};
use longhouse_runtime::{Runtime as _, Volume};

use crate::house::{House, SystemClock, actor, in_time};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn volume(name: &str, session: SessionId) -> Volume {
    Volume {
        name: name.to_owned(),
        session,
        owner: None,
        created_at: None,
    }
}

fn forgotten(name: &str) -> Volume {
    volume(name, SessionId(uuid::Uuid::from_u128(7)))
}

#[tokio::test]
async fn a_volume_that_nobody_owns_is_shown_to_admins_and_removed_by_them_alone() {
    let house = House::new().await;
    let admin = actor("root", Role::Admin);
    let owned = house.running("owned").await;
    house
        .runtime
        .leave_volume(volume("of-a-session", owned.session.id));
    house.runtime.leave_volume(forgotten("of-nobody"));
    let listed = house.engine.list_orphaned_volumes(&admin).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|orphan| orphan.name.as_str()).collect();
    assert_eq!(names, ["of-nobody"]);
    let kept = listed[0]
        .removal_at
        .unwrap()
        .duration_since(listed[0].found_at);
    assert_eq!(kept.as_secs(), 30 * 24 * 3600);
    for (actor, name) in [
        (&house.ann, "of-nobody"),
        (&admin, "of-a-session"),
        (&admin, "of-no-engine"),
    ] {
        let refused = house.engine.delete_orphaned_volume(actor, name).await;
        assert!(
            matches!(refused, Err(EngineError::VolumeNotFound)),
            "{name}: {refused:?}"
        );
    }
    let refused = house.engine.list_orphaned_volumes(&house.ann).await;
    assert!(matches!(refused, Err(EngineError::VolumeNotFound)));
    house
        .engine
        .delete_orphaned_volume(&admin, "of-nobody")
        .await
        .unwrap();
    assert_eq!(
        house.engine.list_orphaned_volumes(&admin).await.unwrap(),
        []
    );
    assert_eq!(house.runtime.volumes().await.unwrap().len(), 1);
    house.close().await;
}

#[tokio::test]
async fn a_volume_that_nobody_owned_for_long_is_removed_with_a_record_and_a_younger_one_stays() {
    let mut house = House::new().await;
    house
        .restart(async |store, runtime| {
            for (name, days) in [("old", 31), ("young", 29)] {
                runtime.leave_volume(forgotten(name));
                let names: Vec<String> = runtime
                    .volumes()
                    .await
                    .unwrap()
                    .into_iter()
                    .map(|v| v.name)
                    .collect();
                let at = SystemClock.now().checked_sub(DAY * days).unwrap();
                store.keep_volumes_in_mind(&names, at).await.unwrap();
            }
        })
        .await;
    in_time("the old one goes", async {
        while house.runtime.volumes().await.unwrap().len() > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(house.runtime.volumes().await.unwrap()[0].name, "young");
    let record = in_time("it is on record", async {
        loop {
            let found = house
                .engine
                .audit()
                .piece(&AuditQuery::default(), 0, 100)
                .await
                .unwrap();
            if let Some(record) = found
                .into_iter()
                .find(|record| record.entry.action == "volume.delete")
            {
                return record;
            }
        }
    })
    .await;
    assert_eq!(record.entry.actor.kind, ActorKind::System);
    assert_eq!(record.entry.target.unwrap().name, "old");
    house.close().await;
}
