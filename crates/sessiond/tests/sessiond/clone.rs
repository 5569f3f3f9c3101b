//! A repository is cloned into the session's directory by a git that is the session's, with settings that the repository cannot bend.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use longhouse_link::proto::clone_news::{What, Why};
use longhouse_link::proto::{CloneNews, CloneRequest};
use tonic::Streaming;

use crate::house::{House, wait_for, within};

/// Repositories to clone, made by the machine's own git.
struct Forge(tempfile::TempDir);

impl Forge {
    fn new() -> Self {
        let forge = Self(tempfile::Builder::new().prefix("lh").tempdir().unwrap());
        forge.git(&["init", "--quiet", "--initial-branch=main", "made"]);
        std::fs::write(forge.path("made/readme"), "hello\n").unwrap();
        forge.commit();
        forge.git(&["-C", "made", "branch", "other"]);
        forge
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn git(&self, args: &[&str]) {
        let done = Command::new("git")
            .args(["-c", "user.name=T", "-c", "user.email=t@example.org"])
            .args(["-c", "protocol.file.allow=always"])
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.0.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "git {args:?}: {said}");
    }

    fn commit(&self) {
        self.git(&["-C", "made", "add", "--all", "--force"]);
        self.git(&["-C", "made", "commit", "--quiet", "--message=more"]);
    }

    fn request(&self) -> CloneRequest {
        CloneRequest {
            url: format!("file://{}", self.path("made").display()),
            protocols: "file".to_owned(),
            timeout_seconds: 60,
            ..CloneRequest::default()
        }
    }
}

async fn begin(house: &House, request: CloneRequest) -> Streaming<CloneNews> {
    let answer = within(house.client().clone_repository(request)).await;
    answer.unwrap().into_inner()
}

/// How it ended.
async fn clone(house: &House, request: CloneRequest) -> What {
    let mut news = begin(house, request).await;
    let mut last = None;
    while let Some(told) = within(news.message()).await.unwrap() {
        last = told.what;
    }
    last.expect("an end is told")
}

fn found(what: &What) -> Option<bool> {
    match what {
        What::Cloned(cloned) => Some(cloned.found),
        _ => None,
    }
}

fn why(what: &What) -> Why {
    match what {
        What::Failed(failed) => failed.why(),
        other => panic!("it did not fail: {other:?}"),
    }
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// A program that begins and does not end, in place of git; it writes down that it is there.
fn endless_git(house_home: &Path) -> (String, PathBuf) {
    let bin = house_home.join("bin");
    std::fs::create_dir(&bin).unwrap();
    let there = house_home.join("pid");
    let script = format!(
        "#!/bin/sh\nfor last; do :; done\nmkdir \"$last\"\necho 'Receiving objects:  10% (1/10)' >&2\necho $$ >{}.new\nmv {0}.new {0}\nsleep 1000\n",
        there.display()
    );
    std::fs::write(bin.join("git"), script).unwrap();
    std::fs::set_permissions(bin.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    (format!("{}:/usr/bin:/bin", bin.display()), there)
}

async fn pid_in(file: &Path) -> u32 {
    wait_for("git begins", async || {
        let text = std::fs::read_to_string(file).ok()?;
        text.trim().parse().ok()
    })
    .await
}

#[tokio::test]
async fn a_repository_comes_whole_and_is_found_when_asked_for_again() {
    let (house, forge) = (House::new().await, Forge::new());
    let branch = "other".to_owned();
    let request = CloneRequest {
        branch,
        depth: 1,
        ..forge.request()
    };
    assert_eq!(found(&clone(&house, request.clone()).await), Some(false));
    assert_eq!(names(&house.work()), [".git", "readme"]);
    let head = std::fs::read_to_string(house.work().join(".git/HEAD")).unwrap();
    assert_eq!(head.trim(), "ref: refs/heads/other");
    std::fs::write(house.work().join("readme"), "mine").unwrap();
    assert_eq!(found(&clone(&house, request).await), Some(true));
    let kept = std::fs::read_to_string(house.work().join("readme")).unwrap();
    assert_eq!(kept, "mine");
}

#[tokio::test]
async fn what_fails_says_why_and_leaves_the_directory_as_it_was() {
    let (house, forge) = (House::new().await, Forge::new());
    let branch = "nowhere".to_owned();
    let no_branch = CloneRequest {
        branch,
        ..forge.request()
    };
    assert_eq!(why(&clone(&house, no_branch).await), Why::NoSuchBranch);
    let no_repository = CloneRequest {
        url: format!("file://{}", forge.path("nothing").display()),
        ..forge.request()
    };
    assert_eq!(
        why(&clone(&house, no_repository).await),
        Why::NoSuchRepository
    );
    let not_allowed = CloneRequest {
        protocols: "https:ssh".to_owned(),
        ..forge.request()
    };
    assert_eq!(why(&clone(&house, not_allowed).await), Why::Protocol);
    let nobody_listens = CloneRequest {
        url: "http://127.0.0.1:1/a".to_owned(),
        protocols: "http".to_owned(),
        ..forge.request()
    };
    assert_eq!(why(&clone(&house, nobody_listens).await), Why::Unreachable);
    assert!(names(&house.work()).is_empty());

    std::fs::write(house.work().join("notes"), "mine").unwrap();
    let occupied = clone(&house, forge.request()).await;
    assert_eq!(why(&occupied), Why::NotEmpty);
    assert_eq!(names(&house.work()), ["notes"]);
}

#[tokio::test]
async fn without_git_it_is_said_that_git_is_missing() {
    let forge = Forge::new();
    let house = House::with(|spec| {
        spec.env.insert("PATH".to_owned(), "/nowhere".to_owned());
    })
    .await;
    assert_eq!(
        why(&clone(&house, forge.request()).await),
        Why::ProgramMissing
    );
    assert!(names(&house.work()).is_empty());
}

#[tokio::test]
async fn git_ends_with_the_request_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (path, there) = endless_git(home.path());
    let mut house = House::with(|spec| {
        spec.env.insert("PATH".to_owned(), path);
    })
    .await;
    let forge = Forge::new();
    let mut news = begin(&house, forge.request()).await;
    let told = within(news.message()).await.unwrap().unwrap();
    assert!(
        matches!(told.what, Some(What::Progress(ref p)) if p.percent == Some(10)),
        "{told:?}"
    );
    let git = pid_in(&there).await;
    drop(news);
    gone(&house, git).await;

    // The same where the server is killed: its connection breaks.
    std::fs::remove_file(&there).unwrap();
    let _news = begin(&house, forge.request()).await;
    let git = pid_in(&there).await;
    house.reconnect().await;
    gone(&house, git).await;

    // And where its time is over.
    std::fs::remove_file(&there).unwrap();
    let hasty = CloneRequest {
        timeout_seconds: 1,
        ..forge.request()
    };
    assert_eq!(why(&clone(&house, hasty).await), Why::TimeOver);
    gone(&house, pid_in(&there).await).await;
}

async fn gone(house: &House, git: u32) {
    wait_for("git is gone with what it made", async || {
        let is_gone = !Path::new(&format!("/proc/{git}")).exists();
        (is_gone && names(&house.work()).is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_killed_sessiond_leaves_nothing_in_the_way_of_the_next() {
    let home = tempfile::tempdir().unwrap();
    let (path, there) = endless_git(home.path());
    let real = "/usr/local/bin:/usr/bin:/bin".to_owned();
    let mut house = House::with(|spec| {
        spec.env.insert("PATH".to_owned(), path);
    })
    .await;
    let forge = Forge::new();
    let _news = begin(&house, forge.request()).await;
    let git = pid_in(&there).await;
    house.kill_daemon().await;
    assert_eq!(names(&house.work()).len(), 1);
    // The server ends what a dead sessiond left.
    crate::house::kill(git, "KILL");
    house.spec.env.insert("PATH".to_owned(), real);
    house.start_again().await;
    assert_eq!(found(&clone(&house, forge.request()).await), Some(false));
    assert_eq!(names(&house.work()), [".git", "readme"]);
}

#[tokio::test]
async fn nothing_in_a_repository_makes_git_run_it() {
    let (house, forge) = (House::new().await, Forge::new());
    let marker = forge.path("marker");
    let run = format!("touch {}", marker.display());
    // A person's own settings, which a clone does not read.
    let home = PathBuf::from(&house.spec.env["HOME"]);
    let settings = format!(
        "[core]\n\tfsmonitor = {run}\n\thooksPath = {0}/hooks\n\tsshCommand = {run}\n[filter \"x\"]\n\tsmudge = {run}\n\tprocess = {run}\n\
         [init]\n\ttemplateDir = {0}/template\n[protocol]\n\tallow = always\n[diff \"x\"]\n\ttextconv = {run}\n",
        home.display()
    );
    std::fs::write(home.join(".gitconfig"), settings).unwrap();
    for hooks in ["hooks", "template/hooks"] {
        let hook = home.join(hooks).join("post-checkout");
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, format!("#!/bin/sh\n{run}\n")).unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    // What the repository itself brings: attributes, a bare repository with settings of its own, a submodule that is a program.
    let files = [
        (".gitattributes", "* filter=x diff=x\n".to_owned()),
        (
            ".gitmodules",
            format!(
                "[submodule \"s\"]\n\tpath = s\n\turl = ext::sh -c {}\n",
                run.replace(' ', "% ")
            ),
        ),
        ("bare/HEAD", "ref: refs/heads/main\n".to_owned()),
        (
            "bare/config",
            format!("[core]\n\tbare = true\n\tfsmonitor = {run}\n\tsshCommand = {run}\n"),
        ),
        ("bare/objects/x", String::new()),
        ("bare/refs/x", String::new()),
    ];
    for (name, text) in files {
        let file = forge.path("made").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    forge.git(&[
        "-C",
        "made",
        "update-index",
        "--add",
        "--cacheinfo",
        "160000,1234567890123456789012345678901234567890,s",
    ]);
    forge.commit_keeping_links();
    let request = forge.request();
    assert_eq!(found(&clone(&house, request.clone()).await), Some(false));
    assert!(!marker.exists(), "a program of the repository ran");

    let another = House::new().await;
    let with_submodules = CloneRequest {
        submodules: true,
        ..request
    };
    let refused = clone(&another, with_submodules).await;
    assert_eq!(why(&refused), Why::Protocol, "{refused:?}");
    assert!(names(&another.work()).is_empty());
    assert!(!marker.exists(), "a program of the repository ran");
}

impl Forge {
    /// A submodule's entry has no directory here, which `add --all` would take for its removal.
    fn commit_keeping_links(&self) {
        self.git(&[
            "-C",
            "made",
            "add",
            "--force",
            ".gitattributes",
            ".gitmodules",
            "bare",
        ]);
        self.git(&["-C", "made", "commit", "--quiet", "--message=more"]);
    }
}
