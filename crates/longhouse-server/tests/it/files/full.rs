//! B11: the disk is full. Nothing of the new content is left, and all of the old.
//!
//! The disk is a small tmpfs, which takes a mount namespace: the test runs itself again in one of its own.

use std::process::Command;

use reqwest::StatusCode;
use serde_json::json;

use super::trees;
use crate::house::House;
use crate::namespace::{is_entered, run};

#[tokio::test]
async fn a_full_disk_costs_nobody_what_they_had() {
    let name = "files::full::a_full_disk_costs_nobody_what_they_had";
    if !is_entered(name, &["--mount"]) {
        return;
    }
    let house = House::new().await;
    for tree in trees(&house).await {
        let mount = run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(&tree.dir));
        assert!(mount, "no small disk");
        let old = vec![1; 300 * 1024];
        assert_eq!(tree.save(b"kept", &old).await.status, StatusCode::CREATED);
        for path in [&b"kept"[..], b"new"] {
            let refused = tree.save(path, &vec![2; 2 << 20]).await;
            assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE);
            assert_eq!(refused.code(), "file.no_space");
        }
        let made = json!({"path": tree.text("tree/deep"), "parents": true});
        assert_eq!(tree.post("/mkdir", made).await.status, StatusCode::CREATED);
        assert_eq!(
            tree.save(b"tree/deep/a", &old).await.status,
            StatusCode::CREATED
        );
        let copy = json!({"from": tree.text("tree"), "to": tree.text("copy")});
        let copied = tree.post("/copy", copy.clone()).await;
        assert_eq!(copied.status, StatusCode::CREATED);
        let again = json!({"from": tree.text("tree"), "to": tree.text("second")});
        assert_eq!(tree.post("/copy", again).await.code(), "file.no_space");
        assert_eq!(tree.names(""), ["copy", "kept", "tree"]);
        assert!(
            tree.read(b"kept").await.bytes == old,
            "the old content is lost"
        );
        assert_eq!(
            tree.delete(b"copy", true).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(tree.save(b"kept", b"small").await.status, StatusCode::OK);
        assert!(run(Command::new("umount").arg(&tree.dir)));
    }
    house.close().await;
}
