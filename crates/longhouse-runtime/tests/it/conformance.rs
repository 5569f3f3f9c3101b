//! What every runtime has to do. Each sentence is tried on each body.

use longhouse_domain::lifecycle::Observed;
use longhouse_domain::session::Workdir;
use longhouse_files::FileError;
use longhouse_link::Link;
use longhouse_link::files::file_error;
use longhouse_link::limits::FILE_CHUNK_BYTES;
use longhouse_link::proto::write_file_request::Part;
use longhouse_link::proto::{
    ListFilesRequest, ReadFileRequest, ShutdownRequest, WriteFileHead, WriteFileReply,
    WriteFileRequest,
};
use longhouse_runtime::docker::DockerRuntime;
use longhouse_runtime::echo::EchoRuntime;
use longhouse_runtime::host::HostRuntime;
use tonic::Status;

use crate::fixture::{Body, Fixture, SECRETS, create_terminal, exec, type_and_read, within};

macro_rules! conformance {
    ($body:ident: $runtime:ty: $($sentence:ident),* $(,)?) => {
        mod $body {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $sentence() { super::$sentence::<$runtime>().await; })*
        }
    };
    (everywhere: $($sentence:ident),*; on_this_machine: $($own:ident),*;) => {
        conformance!(host: super::HostRuntime: $($sentence,)* $($own),*);
        conformance!(echo: super::EchoRuntime: $($sentence,)* $($own),*);
        conformance!(docker: super::DockerRuntime: $($sentence),*);
    };
}

conformance! {
    everywhere:
    a_session_is_seen_alive_until_it_is_ended,
    an_interrupted_provision_is_found_without_its_handle,
    a_second_provision_replaces_the_first,
    a_killed_sessiond_is_seen_gone_with_a_reason_and_can_be_started_again,
    a_shutdown_is_answered_and_then_seen,
    destroying_is_repeatable_and_works_before_anything_was_made,
    what_is_typed_comes_back_and_reading_goes_on_at_the_exact_byte,
    programs_get_the_sessions_variables_and_nothing_of_the_server,
    what_nobody_remembers_is_listed_and_cleared;
    on_this_machine:
    a_directory_that_a_person_named_survives,
    files_are_saved_listed_and_read_in_the_working_directory_and_nowhere_else;
}

async fn a_session_is_seen_alive_until_it_is_ended<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    assert!(matches!(fixture.observe(None).await, Observed::Gone { .. }));
    let (handle, link) = fixture.start().await;
    assert_eq!(
        fixture.observe(Some(&handle)).await,
        Observed::Alive(handle.clone())
    );
    for _ in 0..2 {
        within(fixture.runtime.end(fixture.session(), Some(&handle)))
            .await
            .unwrap();
        assert!(matches!(
            fixture.observe(Some(&handle)).await,
            Observed::Gone { .. }
        ));
    }
    within(link.closed()).await;
    fixture.finish().await;
}

async fn an_interrupted_provision_is_found_without_its_handle<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (handle, _link) = fixture.start().await;
    assert_eq!(fixture.observe(None).await, Observed::Alive(handle));
    within(fixture.runtime.end(fixture.session(), None))
        .await
        .unwrap();
    assert!(matches!(fixture.observe(None).await, Observed::Gone { .. }));
    fixture.finish().await;
}

async fn a_second_provision_replaces_the_first<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (first, link) = fixture.start().await;
    let (second, _new_link) = fixture.start().await;
    within(link.closed()).await;
    assert_ne!(first, second);
    // Asked for either, it names the one that lives.
    for handle in [&first, &second] {
        assert_eq!(
            fixture.observe(Some(handle)).await,
            Observed::Alive(second.clone())
        );
    }
    fixture.finish().await;
}

async fn a_killed_sessiond_is_seen_gone_with_a_reason_and_can_be_started_again<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (handle, link) = fixture.start().await;
    fixture.runtime.kill(fixture.session(), &handle);
    within(link.closed()).await;
    let reason = fixture.gone(&handle).await;
    assert!(
        reason.contains("unexpectedly") && reason.contains("start the session again"),
        "{reason}"
    );
    let (again, _link) = fixture.start().await;
    assert_eq!(fixture.observe(Some(&handle)).await, Observed::Alive(again));
    fixture.finish().await;
}

async fn a_shutdown_is_answered_and_then_seen<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (handle, link) = fixture.start().await;
    let request = ShutdownRequest {
        grace_ms: 1000,
        keep_tmux: false,
    };
    within(link.client().shutdown(request)).await.unwrap();
    within(link.closed()).await;
    fixture.gone(&handle).await;
    fixture.finish().await;
}

async fn destroying_is_repeatable_and_works_before_anything_was_made<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    fixture.finish().await;
    let (_handle, _link) = fixture.start().await;
    fixture.finish().await;
    fixture.finish().await;
}

async fn a_directory_that_a_person_named_survives<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let dir = fixture.root.path().join("base/project");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("work"), "of weeks").unwrap();
    let path = dir.to_str().unwrap().to_owned();
    fixture.plan.workdir = Workdir::Named { path };
    assert_eq!(
        fixture
            .runtime
            .workdir_path(fixture.session(), &fixture.plan.workdir),
        dir
    );
    let (_handle, _link) = fixture.start().await;
    fixture.finish().await;
    assert_eq!(
        std::fs::read_to_string(dir.join("work")).unwrap(),
        "of weeks"
    );
}

async fn what_is_typed_comes_back_and_reading_goes_on_at_the_exact_byte<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (_handle, link) = fixture.start().await;
    assert!(create_terminal(&link, "cat", false).await.running);
    let read = type_and_read(&link, 0, "north", "north").await;
    let first = type_and_read(&link, 0, "south", "south").await;
    assert!(first.starts_with(&read));
    // A new connection, as after a restart of the server: the rest comes, from the middle of what was there.
    link.disconnect();
    let link = fixture.accept().await;
    let resumed = type_and_read(&link, 2, "west", "west").await;
    assert!(
        resumed.starts_with(&first[2..]),
        "{resumed:?} after {first:?}"
    );
    fixture.finish().await;
}

async fn programs_get_the_sessions_variables_and_nothing_of_the_server<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (_handle, link) = fixture.start().await;
    let env = exec(&link, &["env"]).await;
    assert!(
        env.lines().any(|line| line == "GREETING=good morning"),
        "{env}"
    );
    for (name, value) in SECRETS {
        assert!(!env.contains(value), "{name} came through");
    }
    fixture.finish().await;
}

async fn what_nobody_remembers_is_listed_and_cleared<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let (_handle, _link) = fixture.start().await;
    let left = fixture.runtime.leftovers().await.unwrap();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].session, Some(fixture.session()));
    within(fixture.runtime.clear(&left[0])).await.unwrap();
    fixture.assert_nothing_left();
    assert!(fixture.runtime.leftovers().await.unwrap().is_empty());
}

async fn files_are_saved_listed_and_read_in_the_working_directory_and_nowhere_else<R: Body>() {
    let mut fixture = Fixture::<R>::new();
    let dir = fixture.root.path().join("base/project");
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.to_str().unwrap().to_owned();
    fixture.plan.workdir = Workdir::Named { path };
    let (_handle, link) = fixture.start().await;

    let content: Vec<u8> = (0..600_000_u32).map(|n| n as u8).collect();
    let saved = within(save(&link, "notes", &content, None)).await.unwrap();
    assert!(saved.created);
    assert!(std::fs::read(dir.join("notes")).unwrap() == content);
    // Without the total at the end nothing counts as whole.
    let broken = within(save(&link, "notes", b"half", Some(9999))).await;
    assert_eq!(
        file_error(&broken.unwrap_err()),
        Some(FileError::Incomplete)
    );
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1);

    let request = ListFilesRequest {
        limit: 10,
        ..ListFilesRequest::default()
    };
    let page = within(link.client().list_files(request)).await.unwrap();
    let page = page.into_inner();
    assert_eq!((page.total, &page.entries[0].name[..]), (1, &b"notes"[..]));
    assert!(read(&link, "notes").await.unwrap() == content);
    std::os::unix::fs::symlink("/etc/passwd", dir.join("link")).unwrap();
    for (path, error) in [
        ("link", FileError::Outside),
        ("missing", FileError::NotFound),
        ("", FileError::NotRegular),
    ] {
        let refused = read(&link, path).await.unwrap_err();
        assert_eq!(file_error(&refused), Some(error), "{path}");
    }
    for path in ["../project/notes", "/etc/passwd"] {
        let refused = read(&link, path).await.unwrap_err();
        assert!(
            matches!(file_error(&refused), Some(FileError::Path(_))),
            "{path}"
        );
    }
    fixture.finish().await;
}

/// Saves a file in two messages; `total` stands in for the true one.
async fn save(
    link: &Link,
    path: &'static str,
    content: &[u8],
    total: Option<u64>,
) -> Result<WriteFileReply, Status> {
    let head = WriteFileHead {
        path: path.into(),
        limit: 1 << 20,
        ..WriteFileHead::default()
    };
    let data = content.chunks(FILE_CHUNK_BYTES);
    let data = data.map(|piece| Part::Data(piece.to_vec().into()));
    let total = Part::Total(total.unwrap_or(content.len() as u64));
    let parts: Vec<_> = std::iter::once(Part::Head(head))
        .chain(data)
        .chain([total])
        .map(|part| WriteFileRequest { part: Some(part) })
        .collect();
    let mut client = link.client();
    let saved = client.write_file(futures_util::stream::iter(parts));
    Ok(saved.await?.into_inner())
}

async fn read(link: &Link, path: &'static str) -> Result<Vec<u8>, Status> {
    let request = ReadFileRequest {
        path: path.into(),
        limit: 1 << 20,
        ..ReadFileRequest::default()
    };
    let mut client = link.client();
    let mut chunks = within(client.read_file(request)).await?.into_inner();
    let mut content = Vec::new();
    while let Some(chunk) = within(chunks.message()).await? {
        content.extend_from_slice(&chunk.data);
    }
    Ok(content)
}
