//! Saves that hold only under a condition.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};

use super::{answer, trees};
use crate::house::House;

#[tokio::test]
async fn of_two_tabs_that_save_over_the_same_content_one_is_refused() {
    let house = House::new().await;
    for tree in trees(&house).await {
        let mut tag = tree.save(b"shared", b"0").await.header("etag").to_owned();
        for round in 0..20 {
            let save = |tab: usize| {
                let request = tree.request(Method::PUT, "/content", b"shared");
                answer(
                    request
                        .header("if-match", &tag)
                        .body(format!("{round} {tab}")),
                )
            };
            let saved = join_all((0..2).map(save)).await;
            let won = usize::from(saved[1].status.is_success());
            assert_eq!(saved[won].status, StatusCode::OK);
            let lost = &saved[1 - won];
            assert_eq!((lost.status.as_u16(), &*lost.code()), (412, "file.changed"));
            assert_eq!(tree.read(b"shared").await.bytes, format!("{round} {won}"));
            tag = saved[won].header("etag").to_owned();
        }
        // The same for who would be the first.
        let first = |tab: usize| {
            let request = tree.request(Method::PUT, "/content", b"fresh");
            answer(request.header("if-none-match", "*").body(tab.to_string()))
        };
        let made = join_all((0..4).map(first)).await;
        let created = made
            .iter()
            .filter(|made| made.status == StatusCode::CREATED)
            .count();
        let refused = made
            .iter()
            .filter(|made| made.status.as_u16() == 412)
            .count();
        assert_eq!((created, refused), (1, 3));
        assert_eq!(tree.names(""), ["fresh", "shared"]);
    }
    house.close().await;
}

#[tokio::test]
async fn a_save_may_ask_that_the_file_is_there_whatever_is_in_it() {
    let house = House::new().await;
    for tree in trees(&house).await {
        let save = |tags: &'static str, content: &'static str| {
            let request = tree.request(Method::PUT, "/content", b"notes");
            answer(request.header("if-match", tags).body(content))
        };
        let missing = save("*", "one").await;
        assert_eq!(
            (missing.status.as_u16(), &*missing.code()),
            (412, "file.changed")
        );
        assert_eq!(tree.names(""), [""; 0]);
        tree.save(b"notes", b"two").await;
        assert_eq!(save("*", "three").await.status, StatusCode::OK);
        assert_eq!(tree.read(b"notes").await.bytes, "three");
        for no_tag_of_ours in ["\"*\"", "\"a\", \"*\"", "W/\"*\""] {
            let refused = save(no_tag_of_ours, "four").await;
            assert_eq!(refused.status.as_u16(), 412, "{no_tag_of_ours}");
        }
        assert_eq!(tree.read(b"notes").await.bytes, "three");
    }
    house.close().await;
}
