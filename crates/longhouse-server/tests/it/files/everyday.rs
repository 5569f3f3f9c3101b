//! What people do with files.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::{answer, trees};
use crate::house::{House, in_time};

#[tokio::test]
async fn what_is_saved_is_read_back_whole_and_in_parts() {
    let house = House::new().await;
    for tree in trees(&house).await {
        let content: Vec<u8> = (0..700_000_u32).map(|n| (n % 251) as u8).collect();
        let saved = tree.save(b"a b.bin", &content).await;
        assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.json());
        assert_eq!(saved.json()["size"], 700_000);
        assert_eq!(saved.json()["kind"], "file");
        let tag = saved.header("etag").to_owned();
        assert_eq!(saved.json()["etag"], tag);
        let read = tree.read(b"a b.bin").await;
        assert_eq!((read.status, read.header("etag")), (StatusCode::OK, &*tag));
        assert_eq!(read.header("content-length"), "700000");
        assert!(read.bytes == content, "the content is another");
        for (range, status, part) in [
            ("bytes=0-0", 206, &content[..1]),
            ("bytes=262100-262200", 206, &content[262_100..=262_200]),
            ("bytes=699999-", 206, &content[699_999..]),
            ("bytes=-3", 206, &content[699_997..]),
            ("bytes=-9999999", 206, &content[..]),
            ("bytes=9-3", 200, &content[..]),
        ] {
            let request = tree.request(Method::GET, "/content", b"a b.bin");
            let read = answer(request.header("range", range)).await;
            assert_eq!(read.status.as_u16(), status, "{range}");
            assert!(read.bytes == part, "{range} gave {}", read.bytes.len());
        }
        let ask = |name: &str, value: &str| {
            let request = tree.request(Method::GET, "/content", b"a b.bin");
            answer(request.header(name, value).header("range", "bytes=4-5"))
        };
        let beyond = tree.request(Method::GET, "/content", b"a b.bin");
        let beyond = answer(beyond.header("range", "bytes=700000-")).await;
        assert_eq!(
            (beyond.status.as_u16(), &*beyond.code()),
            (416, "file.beyond_end")
        );
        assert_eq!(beyond.header("content-range"), "bytes */700000");
        assert_eq!(ask("if-none-match", &tag).await.status.as_u16(), 304);
        assert_eq!(
            ask("if-range", &tag).await.header("content-range"),
            "bytes 4-5/700000"
        );
        assert_eq!(ask("if-range", "\"old\"").await.status.as_u16(), 200);
        let head = answer(tree.request(Method::HEAD, "/content", b"a b.bin")).await;
        assert_eq!(
            (head.header("content-length"), head.bytes.len()),
            ("700000", 0)
        );
        assert_eq!(tree.save(b"empty", b"").await.status, StatusCode::CREATED);
        assert_eq!(tree.read(b"empty").await.bytes.len(), 0);
    }
    house.close().await;
}

#[tokio::test]
async fn a_directory_is_listed_in_pages_by_name() {
    let house = House::new().await;
    for tree in trees(&house).await {
        let many = tree.dir.join("many");
        std::fs::create_dir(&many).unwrap();
        for number in 0..25 {
            std::fs::write(many.join(format!("f{number:02}")), "x").unwrap();
        }
        std::fs::create_dir(many.join("A")).unwrap();
        std::os::unix::fs::symlink("/etc/shadow", many.join("z")).unwrap();
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let request = tree.request(Method::GET, "", b"many");
            let page = answer(request.query(&[("limit", "10"), ("cursor", &cursor)]))
                .await
                .json();
            assert_eq!(
                (&page["total"], &page["truncated"]),
                (&json!(27), &json!(false))
            );
            for item in page["items"].as_array().unwrap() {
                names.push(item["name"].as_str().unwrap().to_owned());
                let kind = match item["name"].as_str().unwrap() {
                    "A" => "directory",
                    "z" => "symlink",
                    _ => "file",
                };
                assert_eq!(item["kind"], kind, "{item}");
                assert_eq!(
                    item["target"].as_str(),
                    (kind == "symlink").then_some("/etc/shadow")
                );
                assert_eq!(item["etag"].is_string(), kind == "file");
            }
            match page["nextCursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        let mut expected: Vec<_> = (0..25).map(|number| format!("f{number:02}")).collect();
        expected.insert(0, "A".to_owned());
        expected.push("z".to_owned());
        assert_eq!(names, expected);
        for question in ["limit=0", "limit=501", "limit=x", "cursor=*"] {
            let refused = answer(tree.raw(Method::GET, "", &format!("path=many&{question}"))).await;
            assert_eq!(
                refused.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{question}"
            );
        }
        assert_eq!(tree.list(b"many/f00").await.code(), "file.not_directory");
    }
    house.close().await;
}

#[tokio::test]
async fn a_save_keeps_the_mode_and_touches_no_other_name_of_the_file() {
    let house = House::new().await;
    for tree in trees(&house).await {
        let (script, other) = (tree.dir.join("script"), tree.dir.join("other"));
        std::fs::write(&script, "old").unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o4751)).unwrap();
        std::fs::hard_link(&script, &other).unwrap();
        assert_eq!(tree.save(b"script", b"new").await.status, StatusCode::OK);
        assert_eq!(std::fs::read(&script).unwrap(), b"new");
        assert_eq!(std::fs::read(&other).unwrap(), b"old");
        // Its permissions stay; the bit that would lend its owner's rights to a new content does not.
        assert_eq!(std::fs::metadata(&script).unwrap().mode() & 0o7777, 0o751);
    }
    house.close().await;
}

#[tokio::test]
async fn directories_are_made_and_things_moved_copied_and_deleted() {
    let house = House::new().await;
    for tree in trees(&house).await {
        let make = |path: &str, parents: bool| {
            tree.post(
                "/mkdir",
                json!({"path": tree.text(path), "parents": parents}),
            )
        };
        let shift = |route: &'static str, from: &str, to: &str| {
            tree.post(route, json!({"from": tree.text(from), "to": tree.text(to)}))
        };
        assert_eq!(make("a/b/c", false).await.code(), "file.not_found");
        assert_eq!(make("a/b/c", true).await.status, StatusCode::CREATED);
        assert_eq!(make("a/b/c", true).await.status, StatusCode::CREATED);
        assert_eq!(make("a/b/c", false).await.code(), "file.exists");
        tree.save(b"a/b/c/text", b"content").await;
        std::os::unix::fs::symlink("c/text", tree.dir.join("a/b/link")).unwrap();
        assert_eq!(tree.read(b"a/b/link").await.bytes, "content");
        assert_eq!(
            make("a/b/c/text/d", true).await.code(),
            "file.not_directory"
        );

        assert_eq!(
            shift("/copy", "a", "copy").await.status,
            StatusCode::CREATED
        );
        assert_eq!(tree.read(b"copy/b/c/text").await.bytes, "content");
        let link = std::fs::read_link(tree.dir.join("copy/b/link")).unwrap();
        assert_eq!(link.to_str(), Some("c/text"));
        assert_eq!(shift("/copy", "a", "copy").await.code(), "file.exists");
        assert_eq!(
            shift("/copy", "a", "a/b/c/inner").await.code(),
            "file.invalid_path"
        );
        assert_eq!(tree.names("a/b/c"), ["text"], "a part of a copy is left");

        assert_eq!(
            shift("/move", "copy/b/c/text", "moved").await.status,
            StatusCode::OK
        );
        assert_eq!(
            shift("/move", "moved", "a/b/c/text").await.code(),
            "file.exists"
        );
        let over =
            json!({"from": tree.text("moved"), "to": tree.text("a/b/c/text"), "overwrite": true});
        assert_eq!(tree.post("/move", over).await.status, StatusCode::OK);
        assert_eq!(
            shift("/move", "a", "a/b/a").await.code(),
            "file.invalid_path"
        );
        assert_eq!(
            shift("/move", "nothing", "b").await.code(),
            "file.not_found"
        );

        assert_eq!(tree.delete(b"a", false).await.code(), "file.not_empty");
        assert_eq!(tree.delete(b"a", true).await.status, StatusCode::NO_CONTENT);
        assert_eq!(tree.delete(b"a", true).await.code(), "file.not_found");
        assert_eq!(
            tree.delete(b"copy/b/link", false).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(tree.delete(b"", true).await.code(), "file.invalid_path");
        assert_eq!(tree.names(""), ["copy"]);
    }
    house.close().await;
}

#[tokio::test]
async fn a_folder_comes_as_a_tar_archive() {
    let house = House::new().await;
    for tree in trees(&house).await {
        let folder = tree.dir.join("folder");
        let long = "l".repeat(200);
        std::fs::create_dir_all(folder.join(&long).join("d")).unwrap();
        let large = vec![7; 600_000];
        std::fs::write(folder.join(&long).join("d/large"), &large).unwrap();
        std::fs::write(folder.join("ümlaut\nname"), "text").unwrap();
        std::fs::write(folder.join("empty"), "").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.join("link")).unwrap();
        let pipe = rustix::fs::FileType::Fifo;
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, folder.join("pipe"), pipe, mode, 0).unwrap();

        let archive = tree.archive(b"folder").await;
        assert_eq!(archive.status, StatusCode::OK);
        assert_eq!(archive.header("content-type"), "application/x-tar");
        assert_eq!(
            archive.header("content-disposition"),
            "attachment; filename*=UTF-8''folder.tar"
        );
        let unpacked = tempfile::tempdir().unwrap();
        let mut tar = Command::new("tar")
            .args(["-x", "-f", "-", "-C"])
            .arg(unpacked.path())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        tar.stdin.take().unwrap().write_all(&archive.bytes).unwrap();
        assert!(tar.wait().unwrap().success());
        let found = unpacked.path().join("folder");
        assert!(std::fs::read(found.join(&long).join("d/large")).unwrap() == large);
        assert_eq!(std::fs::read(found.join("ümlaut\nname")).unwrap(), b"text");
        assert_eq!(std::fs::read(found.join("empty")).unwrap(), b"");
        assert!(std::fs::symlink_metadata(found.join("pipe")).is_err());
        let link = std::fs::read_link(found.join("link")).unwrap();
        assert_eq!(link.to_str(), Some("/etc/passwd"));
        assert_eq!(
            tree.archive(b"folder/empty").await.code(),
            "file.not_directory"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
    house.close().await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_with_the_cap() {
    let house = House::changed(|settings| {
        settings.limits.file_read = 1000;
        settings.limits.file_write = 2000;
    });
    let house = house.await;
    for tree in trees(&house).await {
        let refused = tree.save(b"large", &[1; 2001]).await;
        assert_eq!(
            (refused.status.as_u16(), &*refused.code()),
            (413, "file.too_large")
        );
        assert!(refused.json()["detail"].as_str().unwrap().contains("2000"));
        // Where the length is not announced it is counted.
        let pieces =
            futures_util::stream::iter((0..3).map(|_| Ok::<_, std::io::Error>(vec![1; 800])));
        let request = tree.request(Method::PUT, "/content", b"large");
        let refused = answer(request.body(reqwest::Body::wrap_stream(pieces))).await;
        assert_eq!(refused.code(), "file.too_large");
        assert_eq!(tree.names(""), [""; 0], "a part of it is left");
        assert_eq!(
            tree.save(b"fits", &[1; 2000]).await.status,
            StatusCode::CREATED
        );
        let refused = tree.read(b"fits").await;
        assert_eq!(
            (refused.status.as_u16(), &*refused.code()),
            (413, "file.too_large")
        );
        assert!(refused.json()["detail"].as_str().unwrap().contains("1000"));
        let part = tree.request(Method::GET, "/content", b"fits");
        let part = answer(part.header("range", "bytes=1000-1999")).await;
        assert_eq!((part.status.as_u16(), part.bytes.len()), (206, 1000));
    }
    house.close().await;
}

#[tokio::test]
async fn an_upload_that_breaks_off_changes_nothing_and_leaves_nothing() {
    let house = House::new().await;
    for tree in trees(&house).await {
        tree.save(b"kept", b"old").await;
        let request = tree
            .request(Method::PUT, "/content", b"kept")
            .build()
            .unwrap();
        let head = format!(
            "PUT {}?{} HTTP/1.1\r\nhost: {}\r\nauthorization: {}\r\ncontent-length: 1000000\r\n\r\n",
            request.url().path(),
            request.url().query().unwrap(),
            house.address,
            request.headers()["authorization"].to_str().unwrap(),
        );
        let mut stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&[1; 400_000]).await.unwrap();
        let names = async |count: usize| {
            while tree.names("").len() != count {
                tokio::task::yield_now().await;
            }
        };
        in_time("the draft is there", names(2)).await;
        drop(stream);
        in_time("the draft is gone", names(1)).await;
        assert_eq!(tree.read(b"kept").await.bytes, "old");
    }
    house.close().await;
}
