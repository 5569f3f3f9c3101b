//! What a hostile caller, or hostile code in a workspace, tries with files. The numbers are those of the catalogue of attacks.

use std::os::unix::fs::symlink;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Tree, answer, trees};
use crate::house::House;

/// Every way to name a file; what came of each.
async fn everything(tree: &Tree<'_>, path: &[u8]) -> Vec<(&'static str, super::Answer)> {
    let encoded = BASE64_STANDARD.encode(tree.named(path));
    let other = tree.text("other");
    vec![
        ("read", tree.read(path).await),
        ("list", tree.list(path).await),
        ("archive", tree.archive(path).await),
        ("save", tree.save(path, b"planted").await),
        ("delete", tree.delete(path, true).await),
        (
            "mkdir",
            tree.post("/mkdir", json!({"pathBytes": encoded})).await,
        ),
        (
            "parents",
            tree.post("/mkdir", json!({"pathBytes": encoded, "parents": true}))
                .await,
        ),
        (
            "move",
            tree.post("/move", json!({"fromBytes": encoded, "to": other}))
                .await,
        ),
        (
            "move to",
            tree.post(
                "/move",
                json!({"from": tree.text("kept"), "toBytes": encoded}),
            )
            .await,
        ),
        (
            "copy",
            tree.post("/copy", json!({"fromBytes": encoded, "to": other}))
                .await,
        ),
        (
            "copy to",
            tree.post(
                "/copy",
                json!({"from": tree.text("kept"), "toBytes": encoded}),
            )
            .await,
        ),
    ]
}

/// B1, B2: a path is decoded once, and never climbs.
#[tokio::test]
async fn a_path_that_climbs_or_begins_elsewhere_is_refused_in_every_operation() {
    let house = House::new().await;
    let evil = house.dir.path().join("base-evil");
    std::fs::create_dir(&evil).unwrap();
    std::fs::write(evil.join("f"), "secret").unwrap();
    for tree in trees(&house).await {
        std::fs::write(tree.dir.join("kept"), "kept").unwrap();
        let long = "a/".repeat(2048) + "b";
        let bad: [&[u8]; 8] = [
            b"../../../../../../etc/passwd",
            b"..",
            b"a/../../base-evil/f",
            b"kept/..",
            b"nul\0byte",
            &b".".repeat(10_000),
            &[b'a'; 256],
            long.as_bytes(),
        ];
        for path in bad {
            for (operation, refused) in everything(&tree, path).await {
                let shown = String::from_utf8_lossy(&path[..path.len().min(40)]);
                assert_eq!(
                    refused.status,
                    StatusCode::BAD_REQUEST,
                    "{operation} {shown:?}"
                );
                assert_eq!(refused.code(), "file.invalid_path", "{operation} {shown:?}");
            }
        }
        // Decoded exactly once: what is still escaped afterwards is a name like any other.
        for (question, status) in [
            ("path=%2e%2e%2fetc%2fpasswd", 400),
            ("path=..%252f..%252fetc%252fpasswd", 404),
            ("path=..%5c..%5cetc%5cpasswd", 404),
            ("path=%2e%2e%2f", 400),
            ("path=%252e%252e", 404),
        ] {
            if tree.session.is_some() {
                let refused = answer(tree.raw(Method::GET, "/content", question)).await;
                assert_eq!(refused.status.as_u16(), status, "{question}");
            }
        }
        assert_eq!(tree.names(""), ["kept"]);
    }
    let [session, machine] = &trees_of(&house).await[..] else {
        panic!("two forms")
    };
    // An absolute path is nothing to a session, a relative one nothing to the machine.
    let question = "path=/etc/passwd";
    let refused = answer(session.raw(Method::GET, "/content", question)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let refused = answer(machine.raw(Method::GET, "/content", "path=kept")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let refused = answer(machine.raw(Method::GET, "/content", question)).await;
    assert_eq!(
        (refused.status.as_u16(), &*refused.code()),
        (403, "file.outside")
    );
    house.close().await;
}

async fn trees_of(house: &House) -> Vec<Tree<'_>> {
    let person = house.log_in("admin").await;
    house.running(&person, "more-files").await;
    let tree = |session: Option<&str>| Tree {
        house,
        person: person.clone(),
        session: session.map(str::to_owned),
        dir: house.dir.path().join("base"),
    };
    vec![tree(Some("more-files")), tree(None)]
}

/// B3: links that lead out are seen, and lead nowhere.
#[tokio::test]
async fn links_that_lead_out_are_shown_and_never_followed() {
    let house = House::new().await;
    for tree in trees(&house).await {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("f"), "secret").unwrap();
        let absolute = outside.path();
        let depth = tree.dir.components().count() - 1;
        let relative =
            std::path::PathBuf::from("../".repeat(depth)).join(absolute.strip_prefix("/").unwrap());
        std::fs::write(tree.dir.join("kept"), "kept").unwrap();
        symlink(absolute, tree.dir.join("dir")).unwrap();
        symlink(absolute.join("f"), tree.dir.join("file")).unwrap();
        symlink(&relative, tree.dir.join("reldir")).unwrap();
        symlink(relative.join("f"), tree.dir.join("relfile")).unwrap();
        symlink("/proc/self/root", tree.dir.join("magic")).unwrap();
        for path in ["file", "relfile", "dir/f", "reldir/f", "magic/etc/passwd"] {
            for (operation, refused) in everything_but_the_link(&tree, path).await {
                assert!(
                    matches!(
                        &*refused.code(),
                        "file.outside" | "file.not_regular" | "file.exists" | "file.not_directory"
                    ),
                    "{operation} {path}: {} {}",
                    refused.status,
                    refused.json()
                );
                assert!(!refused.bytes.windows(6).any(|text| text == b"secret"));
            }
        }
        let listed = tree.list(b"").await.json();
        for item in listed["items"].as_array().unwrap() {
            let kind = if item["name"] == "kept" {
                "file"
            } else {
                "symlink"
            };
            assert_eq!(item["kind"], kind, "{item}");
        }
        // A chain that never leaves is followed only so far as the kernel goes.
        for number in 0..41 {
            symlink(
                format!("c{}", number + 1),
                tree.dir.join(format!("c{number}")),
            )
            .unwrap();
        }
        symlink("kept", tree.dir.join("c41")).unwrap();
        assert_eq!(tree.read(b"c41").await.bytes, "kept");
        assert_eq!(tree.read(b"c0").await.code(), "file.outside");
        // Deleting and copying concern the link itself.
        assert_eq!(
            tree.delete(b"dir", true).await.status,
            StatusCode::NO_CONTENT
        );
        let copy = json!({"from": tree.text("reldir"), "to": tree.text("copied")});
        assert_eq!(tree.post("/copy", copy).await.json()["kind"], "symlink");
        let left = std::fs::read_dir(absolute).unwrap().count();
        assert_eq!(left, 1, "something was made or deleted outside");
        assert_eq!(std::fs::read(absolute.join("f")).unwrap(), b"secret");
    }
    house.close().await;
}

/// What would follow the link, or write through it.
async fn everything_but_the_link(
    tree: &Tree<'_>,
    path: &str,
) -> Vec<(&'static str, super::Answer)> {
    let below = |name: &str| format!("{path}/{name}").into_bytes();
    let mut all = vec![
        ("read", tree.read(path.as_bytes()).await),
        ("list", tree.list(path.as_bytes()).await),
        ("archive", tree.archive(path.as_bytes()).await),
        ("save", tree.save(path.as_bytes(), b"planted").await),
    ];
    all.extend(everything(tree, &below("x")).await);
    all
}

/// B6: what is no regular file is not read, and asking does not hang.
#[tokio::test]
async fn only_regular_files_are_read_and_written() {
    let house = House::new().await;
    for tree in trees(&house).await {
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        let pipe = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, tree.dir.join("pipe"), pipe, mode, 0).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(tree.dir.join("sock")).unwrap();
        std::fs::create_dir(tree.dir.join("d")).unwrap();
        symlink("/proc/self/environ", tree.dir.join("environ")).unwrap();
        symlink("/dev/zero", tree.dir.join("zero")).unwrap();
        for path in [&b"pipe"[..], b"sock", b"d"] {
            let read = tree.read(path).await;
            assert_eq!(
                (read.status.as_u16(), &*read.code()),
                (409, "file.not_regular")
            );
            assert_eq!(tree.save(path, b"x").await.code(), "file.not_regular");
        }
        for path in [&b"environ"[..], b"zero"] {
            assert_eq!(tree.read(path).await.code(), "file.outside");
            assert_eq!(tree.save(path, b"x").await.code(), "file.not_regular");
        }
        // A file of a tebibyte that takes no room: refused whole, given in parts.
        let sparse = std::fs::File::create(tree.dir.join("sparse")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        let read = tree.read(b"sparse").await;
        assert_eq!(
            (read.status.as_u16(), &*read.code()),
            (413, "file.too_large")
        );
        let request = tree.request(Method::GET, "/content", b"sparse");
        let part = answer(request.header("range", "bytes=-4")).await;
        assert_eq!((part.status.as_u16(), &part.bytes[..]), (206, &[0; 4][..]));
        let copy = json!({"from": tree.text("sparse"), "to": tree.text("copy")});
        assert_eq!(tree.post("/copy", copy).await.code(), "file.too_large");
        assert_eq!(tree.names("").len(), 6, "a part of a copy is left");
    }
    // Devices and processes themselves, where an administrator allowed even their directories.
    let machine = trees_of(&house).await.pop().unwrap();
    for path in ["/dev/zero", "/proc/self/environ", "/proc/self/mem"] {
        let read = answer(machine.raw(Method::GET, "/content", &format!("path={path}"))).await;
        assert_eq!(
            (read.status.as_u16(), &*read.code()),
            (409, "file.not_regular"),
            "{path}"
        );
    }
    house.close().await;
}

/// B7: names go round byte for byte.
#[tokio::test]
async fn names_of_any_bytes_go_round() {
    let house = House::new().await;
    for tree in trees(&house).await {
        let names: [&[u8]; 8] = [
            b"not\xffutf8",
            b"new\nline",
            "\u{202e}gnp.exe".as_bytes(),
            "e\u{301}".as_bytes(),
            "\u{e9}".as_bytes(),
            b"%2e%2e",
            b"+ &=?#\"<>",
            &[b'x'; 255],
        ];
        for name in names {
            let saved = tree.save(name, name).await;
            assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.json());
            assert_eq!(tree.read(name).await.bytes, name);
        }
        let listed = tree.list(b"").await.json();
        assert_eq!(listed["total"], names.len());
        for item in listed["items"].as_array().unwrap() {
            let text = item["name"].as_str().unwrap();
            let name = match item["nameBytes"].as_str() {
                Some(bytes) => BASE64_STANDARD.decode(bytes).unwrap(),
                None => text.as_bytes().to_vec(),
            };
            assert!(names.contains(&&name[..]), "{item}");
            // What the list named can be handled by that name.
            let from = BASE64_STANDARD.encode(tree.named(&name));
            let moved = json!({"fromBytes": from, "to": tree.text("moved")});
            assert_eq!(
                tree.post("/move", moved).await.status,
                StatusCode::OK,
                "{item}"
            );
            assert_eq!(
                tree.delete(b"moved", false).await.status,
                StatusCode::NO_CONTENT
            );
        }
        for body in [
            json!({"path": "a", "pathBytes": "YQ=="}),
            json!({}),
            json!({"pathBytes": "*"}),
        ] {
            let refused = tree.post("/mkdir", body).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
    house.close().await;
}

/// B12: nothing of a workspace is ever a page of this server's.
#[tokio::test]
async fn nothing_in_a_workspace_is_rendered_on_this_servers_origin() {
    let house = House::new().await;
    for tree in trees(&house).await {
        for name in [
            &b"page.html"[..],
            b"picture.svg",
            b"script.js",
            b"a\"\r\n\xff.html",
        ] {
            tree.save(name, b"<script>alert(1)</script>").await;
            let read = tree.read(name).await;
            assert_eq!(read.header("content-type"), "application/octet-stream");
            let disposition = read.header("content-disposition");
            assert!(
                disposition.starts_with("attachment; filename*=UTF-8''"),
                "{disposition}"
            );
            assert_eq!(read.header("x-content-type-options"), "nosniff");
            let policy = read.header("content-security-policy");
            assert!(
                policy.starts_with("sandbox; default-src 'none'"),
                "{policy}"
            );
            assert_eq!(read.header("cross-origin-resource-policy"), "same-origin");
        }
        let archive = tree.archive(b"").await;
        assert!(
            archive
                .header("content-disposition")
                .starts_with("attachment")
        );
        assert!(
            archive
                .header("content-security-policy")
                .starts_with("sandbox")
        );
    }
    house.close().await;
}
