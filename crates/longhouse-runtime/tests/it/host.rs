//! What only the host runtime does: directories, programs, process families, tmux.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use longhouse_domain::lifecycle::{Cause, Observed, RuntimeHandle};
use longhouse_domain::session::{Multiplexer, Workdir};
use longhouse_runtime::host::{HostRuntime, SessiondBinary};
use longhouse_runtime::{Leftover, ProvisionError, Runtime};

use crate::fixture::{
    Fixture, PATIENCE, create_terminal, exec, find_tmux, host_settings, marked, wait_for, within,
};

/// A host runtime whose sessiond is this shell script.
fn scripted(script: &str) -> Fixture<HostRuntime> {
    let root = tempfile::Builder::new().prefix("lh-").tempdir().unwrap();
    let path = root.path().join("script");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    let runtime = HostRuntime::new(host_settings(root.path(), SessiondBinary::File(path))).unwrap();
    Fixture::with(root, runtime)
}

fn named(dir: &Path) -> Workdir {
    Workdir::Named {
        path: dir.to_str().unwrap().to_owned(),
    }
}

#[tokio::test]
async fn a_plan_that_cannot_be_carried_out_is_refused_before_anything_is_made() {
    let mut fixture = scripted("exit 1");
    let outside = fixture.root.path().to_owned();
    fixture.plan.workdir = named(&outside);
    for answer in [
        fixture.runtime.check(&fixture.plan).await,
        fixture.runtime.provision(&fixture.plan).await.map(drop),
    ] {
        assert!(
            matches!(answer, Err(ProvisionError::Workdir(_))),
            "{answer:?}"
        );
    }
    fixture.plan.workdir = Workdir::Own;
    fixture.plan.agent_program = Some("no-such-agent".to_owned());
    let answer = fixture.runtime.check(&fixture.plan).await;
    let Err(ProvisionError::ProgramMissing { program }) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(program, "no-such-agent");
    fixture.plan.agent_program = Some("sh".to_owned());
    fixture.runtime.check(&fixture.plan).await.unwrap();
    fixture.assert_nothing_left();
}

#[tokio::test]
async fn a_failed_start_says_why_and_leaves_nothing() {
    for (script, part) in [
        (
            "echo '{\"error\":\"no more PTYs\"}'; exit 1",
            "no more PTYs",
        ),
        ("echo 'out of luck' >&2; exit 3", "out of luck"),
        ("echo nonsense", "makes no sense"),
        (
            "echo '{\"pid\":1,\"startTicks\":987654321}'",
            "right after its start",
        ),
        ("sleep 600 & exit 1", "cannot start"),
    ] {
        let fixture = scripted(script);
        let failure = within(fixture.runtime.provision(&fixture.plan))
            .await
            .unwrap_err();
        assert!(failure.to_string().contains(part), "{failure}");
        let short = fixture.session().short();
        fs::remove_dir(fixture.root.path().join("run").join(short)).unwrap();
        fixture.assert_nothing_left();
    }
}

#[tokio::test]
async fn a_failed_restart_keeps_the_sessions_directory() {
    let fixture = scripted("exit 1");
    let session = fixture.session();
    let workspace = fixture.runtime.workdir_path(session, &Workdir::Own);
    fs::create_dir_all(&workspace).unwrap();
    for dir in [&workspace, workspace.parent().unwrap()] {
        fs::set_permissions(dir, Permissions::from_mode(0o700)).unwrap();
    }
    fs::write(workspace.join("work"), "of weeks").unwrap();
    within(fixture.runtime.provision(&fixture.plan))
        .await
        .unwrap_err();
    assert!(workspace.join("work").exists());
}

/// sessiond is started in the directory that was checked, whatever its name leads to by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_swapped_for_a_link_while_provisioning_never_lets_sessiond_out() {
    let mut fixture = scripted("pwd -P >&2; exit 1");
    let root = fixture.root.path().canonicalize().unwrap();
    let base = root.join("base");
    let (target, aside, link) = (base.join("target"), base.join("aside"), base.join("link"));
    for dir in [target.join("work"), root.join("outside/work")] {
        fs::create_dir_all(dir).unwrap();
    }
    symlink("../outside", &link).unwrap();
    fixture.plan.workdir = named(&fixture.root.path().join("base/target/work"));
    let done = std::sync::Arc::new(AtomicBool::new(false));
    let attacker = std::thread::spawn({
        let done = done.clone();
        move || {
            while !done.load(Ordering::Relaxed) {
                fs::rename(&target, &aside)
                    .and_then(|()| fs::rename(&link, &target))
                    .unwrap();
                fs::rename(&target, &link)
                    .and_then(|()| fs::rename(&aside, &target))
                    .unwrap();
            }
        }
    });
    let (mut started, mut refused) = (0, 0);
    let deadline = std::time::Instant::now() + PATIENCE;
    while (started < 10 || refused < 10) && std::time::Instant::now() < deadline {
        match fixture.runtime.provision(&fixture.plan).await {
            Err(ProvisionError::Failed(text)) => {
                let place = text.rsplit_once(": ").unwrap().1.to_owned();
                assert!(
                    Path::new(&place).starts_with(&base),
                    "it was started in {place}"
                );
                started += 1;
            }
            Err(ProvisionError::Workdir(_)) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    done.store(true, Ordering::Relaxed);
    attacker.join().unwrap();
    assert!(started > 0, "nothing was started, {refused} refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_works_in_its_directory_and_nothing_leads_back_to_the_server() {
    let mut fixture = Fixture::<HostRuntime>::new();
    let dir = fixture
        .root
        .path()
        .join("base/project")
        .canonicalize()
        .unwrap();
    fixture.plan.workdir = named(&dir);
    let (handle, link) = fixture.start().await;
    assert_eq!(exec(&link, &["pwd"]).await.trim(), dir.to_str().unwrap());
    assert_eq!(
        exec(&link, &["sh", "-c", "echo $HOME"]).await.trim(),
        fixture.root.path().join("home").to_str().unwrap()
    );

    let pid = handle.0["pid"].as_u64().unwrap();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_ascii_whitespace()
        .collect();
    assert_ne!(
        fields[1],
        std::process::id().to_string(),
        "it is a child of the server"
    );
    assert_eq!(fields[3], pid.to_string(), "it leads no session of its own");
    assert_eq!(fields[4], "0", "it has a controlling terminal");
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_that_hide_are_ended_too() {
    let mut fixture = Fixture::<HostRuntime>::new();
    let (_handle, link) = fixture.start().await;
    // One ignores what can be ignored and has left its family; the other has shed the mark as well, but not its parent.
    let pids = fixture.root.path().join("pids");
    let script = format!(
        "setsid sh -c 'trap \"\" HUP TERM; echo $$ >> {0}; sleep 600 & wait; sleep 600' > /dev/null 2>&1 &
         setsid sh -c 'env -i sh -c \"echo \\$\\$ >> {0}; exec sleep 600\"; true' > /dev/null 2>&1 &
         while [ \"$(wc -l 2>/dev/null < {0})\" != 2 ]; do :; done",
        pids.display()
    );
    exec(&link, &["sh", "-c", &script]).await;
    let pids: Vec<String> = fs::read_to_string(&pids)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert!(pids.iter().all(|pid| Path::new("/proc").join(pid).exists()));
    within(fixture.runtime.end(fixture.session(), None))
        .await
        .unwrap();
    let living = |pid: &String| {
        fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    };
    assert!(!pids.iter().any(living), "{pids:?} lived on");
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_of_another_process_or_another_start_of_the_machine_is_not_believed() {
    let mut fixture = Fixture::<HostRuntime>::new();
    let (handle, _link) = fixture.start().await;
    within(fixture.runtime.end(fixture.session(), Some(&handle)))
        .await
        .unwrap();

    let mut recycled = handle.clone();
    recycled.0["pid"] = std::process::id().into();
    let Observed::Gone { reason, .. } = fixture.observe(Some(&recycled)).await else {
        panic!("a recycled pid was believed")
    };
    assert!(reason.contains("asked to end"), "{reason}");

    let mut rebooted = handle;
    rebooted.0["bootId"] = "another".into();
    let Observed::Gone { reason, cause } = fixture.observe(Some(&rebooted)).await else {
        panic!("it lives after a reboot")
    };
    assert!(reason.contains("the machine was restarted"), "{reason}");
    assert_eq!(cause, Cause::Outage);

    let nonsense = RuntimeHandle(serde_json::json!(["nonsense"]));
    assert!(matches!(
        fixture.observe(Some(&nonsense)).await,
        Observed::Gone { .. }
    ));
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sessiond_that_somebody_ends_politely_says_so() {
    let mut fixture = Fixture::<HostRuntime>::new();
    let (handle, link) = fixture.start().await;
    let pid = i32::try_from(handle.0["pid"].as_u64().unwrap()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    within(link.closed()).await;
    let reason = fixture.gone(&handle).await;
    assert!(reason.contains("asked to end"), "{reason}");
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_in_tmux_outlives_sessiond_and_is_adopted_by_the_next_start() {
    let mut fixture = Fixture::<HostRuntime>::new();
    fixture.plan.multiplexer = Multiplexer::Tmux;
    if find_tmux().is_none() {
        let answer = fixture.runtime.check(&fixture.plan).await;
        assert!(
            matches!(answer, Err(ProvisionError::ProgramMissing { program }) if program == "tmux")
        );
        return;
    }
    let (handle, link) = fixture.start().await;
    let first = create_terminal(&link, "cat", true).await;
    assert!(first.running && !first.adopted);
    assert!(fixture.runtime.tmux_path(fixture.session()).exists());
    let before = cat(&fixture).await;

    crate::fixture::Body::kill(&*fixture.runtime, fixture.session(), &handle);
    fixture.gone(&handle).await;
    let (_handle, link) = fixture.start().await;
    assert!(create_terminal(&link, "cat", true).await.adopted);
    assert_eq!(cat(&fixture).await, before);

    within(fixture.runtime.end(fixture.session(), None))
        .await
        .unwrap();
    assert!(!fixture.runtime.tmux_path(fixture.session()).exists());
    assert!(marked(fixture.session()).is_empty());
    fixture.finish().await;
}

/// The process id of the terminal's program, once it runs.
async fn cat(fixture: &Fixture<HostRuntime>) -> u32 {
    wait_for(|| {
        let programs = marked(fixture.session());
        let mut cats = programs
            .iter()
            .filter(|(_, line)| line.trim_end_matches('\0').ends_with("/cat"));
        let found = cats.next().map(|(pid, _)| *pid);
        assert!(cats.next().is_none(), "it runs twice: {programs:?}");
        found
    })
    .await
}

#[tokio::test]
async fn sockets_of_a_session_that_nobody_can_name_are_cleared_and_strange_names_are_not() {
    let fixture = scripted("exit 1");
    let run = fixture.root.path().join("run");
    for name in ["0123456789ab", "not-ours"] {
        fs::create_dir(run.join(name)).unwrap();
        fs::write(run.join(name).join("file"), "").unwrap();
    }
    let left = fixture.runtime.leftovers().await.unwrap();
    assert_eq!(
        left,
        [Leftover {
            name: "0123456789ab".to_owned(),
            session: None
        }]
    );
    within(fixture.runtime.clear(&left[0])).await.unwrap();
    assert!(!run.join("0123456789ab").exists() && run.join("not-ours/file").exists());
    for name in ["..", "not-ours", "0123456789a/"] {
        let strange = Leftover {
            name: name.to_owned(),
            session: None,
        };
        assert!(fixture.runtime.clear(&strange).await.is_err(), "{name}");
    }
}
