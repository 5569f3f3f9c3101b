//! Ports of the server's machine: each is one session's, from its creation to its deletion.

use longhouse_domain::publish::PublishedPort;
use longhouse_domain::{Role, Session, UserId};
use longhouse_store::StoreError;

use crate::harness::{actor, at, on_both_back_ends, session};

fn publishing(owner: UserId, name: &str, hosts: &[u16]) -> Session {
    let mut session = session(owner, name);
    let container = session.spec.container.as_mut().unwrap();
    let port = |(host, container)| PublishedPort { container, host };
    container.ports = hosts.iter().copied().zip(80..).map(port).collect();
    session
}

on_both_back_ends! {
    async fn a_port_of_the_machine_belongs_to_one_session_until_that_is_deleted(bed: &Bed) {
        let store = bed.open().await;
        let ann = actor(&store, "ann", Role::Member).await;
        let first = publishing(ann.user, "first", &[20_001, 20_002]);
        store.create_session(&first, None, &[], at(0)).await.unwrap();
        let second = publishing(ann.user, "second", &[20_003, 20_002]);
        let refused = store.create_session(&second, None, &[], at(0)).await;
        assert!(matches!(refused, Err(StoreError::PortTaken(20_002))), "{refused:?}");
        // What was refused holds nothing.
        assert_eq!(store.held_ports().await.unwrap(), [20_001, 20_002].into());
        store.delete_session(first.id, at(1)).await.unwrap().unwrap();
        assert!(store.held_ports().await.unwrap().is_empty());
        store.create_session(&second, None, &[], at(2)).await.unwrap();
        let again = bed.open().await;
        assert_eq!(again.held_ports().await.unwrap(), [20_002, 20_003].into());
        assert_eq!(again.session_for_reconciliation(second.id).await.unwrap(), Some(second));
    }
}
