//! Backup and restore where the database is PostgreSQL: its own tools copy it, and Longhouse the key without which the copy is of no use.

use http::StatusCode;

use crate::support::House;
use crate::support::keeper::{CANARY, keeper, run_with, said, start_session, token_of};
use crate::support::postgres::{fresh_database, tool};

const PASSPHRASE: &str = "a passphrase for the key";

/// A house whose server remembers everything there.
fn with_database(url: &str) -> House {
    let mut house = House::new();
    let variable = ("LONGHOUSE_DATABASE_URL".to_owned(), url.to_owned());
    house.variables.push(variable);
    house
}

#[tokio::test]
async fn a_copy_of_postgresql_and_the_backed_up_key_are_restored_together() {
    let (first, second) = (fresh_database().await, fresh_database().await);
    let mut house = with_database(&first);
    house.start();
    let id = keeper(&house).await;
    let file = |name: &str| house.home().join(name).to_str().unwrap().to_owned();
    let (key, dump) = (file("key"), file("dump"));
    // Without the key there would be nothing in it; what to do instead is said.
    let refused = house.run(&["backup", &key]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused, false).contains("pg_dump"));
    let text = said(
        &run_with(&house, &["backup", &key, "--with-key"], PASSPHRASE),
        true,
    );
    assert!(text.contains("the master key alone"), "{text}");
    let dumped = tool("pg_dump", &["--format=custom", "--file", &dump, &first]);
    assert!(dumped.status.success(), "{dumped:?}");
    for copy in [&key, &dump] {
        let bytes = std::fs::read(copy).unwrap();
        let canary = CANARY.as_bytes();
        assert!(!bytes.windows(canary.len()).any(|w| w == canary), "{copy}");
    }
    house.succeed(&["session", "rm", &id]);
    assert!(house.stop().success());

    let restored = tool("pg_restore", &["--no-owner", "--dbname", &second, &dump]);
    assert!(restored.status.success(), "{restored:?}");
    let mut other = with_database(&second);
    said(&run_with(&other, &["restore", &key], "another one"), false);
    let text = said(&run_with(&other, &["restore", &key], PASSPHRASE), true);
    assert!(text.contains("pg_restore"), "{text}");
    other.start();
    let client = other.client().await;
    let found = client.get(&format!("/api/sessions/{id}")).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text);
    crate::support::wait_for("it is known that nothing runs", async || {
        client.session_in(&id, "error").await
    })
    .await;
    start_session(&other, &id).await;
    assert_eq!(token_of(&other, &id).await, CANARY);
    let held = other.succeed(&["audit", "verify"]);
    assert!(held.contains("holds"), "{held}");
    other.succeed(&["session", "rm", &id]);
    assert!(other.stop().success());
}
