//! What is kept when the session ends, and that somebody hears of it.

use super::*;

#[tokio::test]
async fn what_is_committed_at_the_very_end_is_heard() {
    let house = house().await;
    let mut events = events(&house).await;
    let patient = AutoCommit {
        mode: AutoCommitMode::Commit,
        ..AutoCommit::default()
    };
    set(&house, &patient).await;
    write(&house, "late", "late\n");
    let request = ShutdownRequest {
        grace_ms: 1_000,
        keep_tmux: false,
    };
    within(house.client().shutdown(request)).await.unwrap();
    let mut subjects = Vec::new();
    while let Some(event) = within(events.message()).await.unwrap() {
        if let Some(What::Kept(kept)) = event.what {
            match serde_json::from_str(&kept.news).unwrap() {
                KeptNews::Committed(commit) => subjects.push(commit.subject),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(subjects, ["feat: add late"]);
}
