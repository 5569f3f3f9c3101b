//! kill -9 of the server at each call to the engine that changes something: the engine has done it, and the server never heard.

use http::Method;

use super::engine::{Yard, of_session, sh, until_running};

/// More calls than any creation or deletion makes.
const MOST_CALLS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_any_call_of_a_creation_finishes_it_and_leaves_nothing_over() {
    let mut yard = Yard::started();
    for number in 1..=MOST_CALLS {
        assert!(number < MOST_CALLS, "a creation makes calls without end");
        let client = yard.house.client().await;
        yard.door.lose(number);
        let id = yard.create(&client, &format!("made-{number}")).await;
        let was_lost = tokio::select! {
            () = yard.door.lost() => true,
            _ = until_running(&client, &id) => false,
        };
        yard.door.lose_nothing();
        if was_lost {
            yard.house.kill();
            yard.house.start();
        }
        let client = yard.house.client().await;
        until_running(&client, &id).await;
        let (containers, volumes) = of_session(&id);
        assert_eq!(
            (containers.len(), volumes.len()),
            (1, 2),
            "after call {number}"
        );
        assert_eq!(sh(&client, &id, "echo work > file; cat file").await, "work");
        yard.delete(&client, &id).await;
        if !was_lost {
            assert!(number > 5, "a creation makes {number} calls only");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_any_call_of_a_deletion_finishes_it() {
    let mut yard = Yard::started();
    for number in 1..=MOST_CALLS {
        assert!(number < MOST_CALLS, "a deletion makes calls without end");
        let client = yard.house.client().await;
        let session = yard.running(&client, &format!("gone-{number}")).await;
        let id = session["id"].as_str().unwrap();
        yard.door.lose(number);
        // It is answered when all is done, which here it never is, or by nobody.
        let (asking, path) = (client.clone(), format!("/api/sessions/{id}"));
        let asked =
            tokio::spawn(async move { asking.try_send(Method::DELETE, &path, None).await.is_ok() });
        let was_lost = tokio::select! {
            () = yard.door.lost() => true,
            () = yard.assert_gone(&client, id) => false,
        };
        yard.door.lose_nothing();
        asked.abort();
        if !was_lost {
            assert!(number > 2, "a deletion makes {number} calls only");
            return;
        }
        yard.house.kill();
        yard.house.start();
        let client = yard.house.client().await;
        yard.assert_gone(&client, id).await;
    }
}
