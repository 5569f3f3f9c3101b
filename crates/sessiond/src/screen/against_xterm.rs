//! The screen measured against the browser's own emulator (`@xterm/headless`, in Node), cell by cell, over everything in
//! [`super::corpus`]: at a place in a program's output both must look alike, a fresh emulator that is written the snapshot must look like
//! one that was written the output, and all must stay so to the output's end.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

use longhouse_domain::terminal::TerminalSize;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Screen;
use super::corpus::programs::{Chance, random_program, recorded};
use super::corpus::{Item, SIZE, Step, corpus};
use super::seen::seen;
use crate::terminal::log::Mark;

const SCROLLBACK: usize = 3000;

#[derive(Serialize)]
struct Case {
    name: String,
    cols: u16,
    rows: u16,
    before: Vec<Sent>,
    ours: Value,
    dirt: String,
    snapshot: String,
    after: Vec<Sent>,
    end: Value,
}

/// A step, as the emulator's side takes it.
#[derive(Serialize)]
#[serde(untagged)]
enum Sent {
    Output(String),
    Resize([u16; 2]),
}

impl From<&Step> for Sent {
    fn from(step: &Step) -> Self {
        match step {
            Step::Output(output) => Self::Output(base64(output)),
            Step::Resize(size) => Self::Resize([size.cols, size.rows]),
        }
    }
}

#[derive(Deserialize)]
struct Report {
    name: String,
    when: String,
    differences: Vec<String>,
}

fn node_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/xterm")
}

/// The emulator's packages, installed once.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let directory = node_directory();
        if directory.join("node_modules/@xterm/headless").exists()
            && directory
                .join("node_modules/@xterm/addon-unicode-graphemes")
                .exists()
        {
            return;
        }
        let installed = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&directory)
            .status()
            .expect("npm is there");
        assert!(installed.success());
    });
}

fn compare(cases: &[Case]) {
    install();
    let mut node = Command::new("node")
        .arg("compare.mjs")
        .current_dir(node_directory())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is there");
    let mut stdin = node.stdin.take().unwrap();
    stdin
        .write_all(&serde_json::to_vec(cases).unwrap())
        .unwrap();
    drop(stdin);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    let reports: Vec<Report> = serde_json::from_slice(&output.stdout).unwrap();
    let mut text = String::new();
    for Report {
        name,
        when,
        differences,
    } in reports.iter().take(6)
    {
        writeln!(text, "{name}, {when}:\n  {}", differences.join("\n  ")).unwrap();
    }
    assert!(
        reports.is_empty(),
        "{} of {} differ\n{text}",
        reports.len(),
        cases.len()
    );
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            text.push(DIGITS[(group >> (18 - 6 * digit) & 63) as usize] as char);
        }
        text.push_str(&"=="[..3 - chunk.len()]);
    }
    text
}

fn take(screen: &mut Screen, steps: &[Step]) {
    for step in steps {
        match step {
            // In odd pieces, as output comes.
            Step::Output(output) => output.chunks(1021).for_each(|piece| screen.advance(piece)),
            Step::Resize(size) => screen.mark(Mark::Size(*size)),
        }
    }
}

fn case(item: &Item, cut: usize) -> Case {
    let TerminalSize { cols, rows } = item.size;
    let (before, after) = item.cut(cut);
    let mut screen = Screen::new(item.size, SCROLLBACK);
    take(&mut screen, &before);
    screen.forget_beyond_edge();
    let ours = seen(&screen);
    let snapshot = screen.snapshot(SCROLLBACK, None);
    take(&mut screen, &after);
    assert_eq!(screen.crashes(), 0, "{}", item.name);
    let sent = |steps: &[Step]| steps.iter().map(Sent::from).collect();
    Case {
        name: format!("{} at {cut} of {}", item.name, item.len()),
        cols,
        rows,
        before: sent(&before),
        ours,
        dirt: base64(&random_program(cut as u64, 20)),
        snapshot: base64(&snapshot),
        after: sent(&after),
        end: seen(&screen),
    }
}

fn cases(item: &Item, cuts: usize) -> Vec<Case> {
    let mut chance = Chance(item.len() as u64);
    let mut at: Vec<usize> = (0..cuts).map(|_| chance.below(item.len() + 1)).collect();
    at.extend([0, item.len()]);
    at.into_iter().map(|cut| case(item, cut)).collect()
}

#[test]
fn everything_in_the_corpus() {
    let mut list = Vec::new();
    for item in corpus() {
        list.extend(cases(item, 6));
    }
    compare(&list);
}

#[test]
fn random_programs_cut_at_random_places() {
    let mut list = Vec::new();
    for seed in 0..150 {
        let item = Item::new(format!("seed {seed}"), SIZE, random_program(seed, 150));
        list.extend(cases(&item, 3));
    }
    compare(&list);
}

#[test]
fn real_programs_cut_at_random_places() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("text.rs");
    let text: String = (0..300)
        .map(|n| {
            format!(
                "fn line_{n}() {{ \"中文 é 🎉\" }} // {}\n",
                "long ".repeat(n % 40)
            )
        })
        .collect();
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let socket = directory.path().join("tmux.sock");
    let tmux = [
        "-S",
        socket.to_str().unwrap(),
        "-f",
        "/dev/null",
        "new-session",
        "bash",
        "--norc",
        "--noprofile",
    ];
    let programs = [
        (
            "vim",
            &["-u", "NONE", "-i", "NONE", "-n", "--cmd", "syntax on", file][..],
            "\x06\x06\x02Goinserted text\x1b:split\rdd:q!\r:q!\r",
        ),
        ("less", &["-R", file], "   bb/line_77\rGgq"),
        (
            "bash",
            &["--norc", "--noprofile"],
            "ls --color=always -la /usr; seq 100; printf '\\e[31mred\\n'; exit\n",
        ),
        ("top", &["-b", "-n", "1"], ""),
        ("tmux", &tmux, "seq 100\nseq 50; exit\n"),
    ];
    let mut list = Vec::new();
    let mut tried = 0;
    for (program, args, keys) in programs {
        // A machine that lacks one of them has the others.
        let Some(bytes) = recorded(program, args, keys) else {
            continue;
        };
        tried += 1;
        list.extend(cases(&Item::new(program, SIZE, bytes), 25));
    }
    assert!(tried >= 2, "too few programs are installed here");
    compare(&list);
}

#[test]
fn the_table_of_clusters_is_that_of_the_page() {
    install();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("clusters.bin");
    let written = Command::new("node")
        .arg("clusters.mjs")
        .arg(&path)
        .current_dir(node_directory())
        .status()
        .expect("node is there");
    assert!(written.success());
    let [fresh, ours] = [
        path,
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/screen/clusters.bin"),
    ]
    .map(|path| std::fs::read(path).unwrap());
    assert!(
        fresh == ours,
        "write it anew: `node clusters.mjs ../../src/screen/clusters.bin`"
    );
}

#[test]
fn the_emulator_is_the_one_of_the_page() {
    let version = |file: &Path, package: &str| {
        let text = std::fs::read(file).unwrap();
        let lock: Value = serde_json::from_slice(&text).unwrap();
        lock["packages"][format!("node_modules/{package}")]["version"].clone()
    };
    let here = node_directory().join("package-lock.json");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/package-lock.json");
    for (ours, theirs) in [
        ("@xterm/headless", "@xterm/xterm"),
        (
            "@xterm/addon-unicode-graphemes",
            "@xterm/addon-unicode-graphemes",
        ),
    ] {
        let ours = version(&here, ours);
        assert!(ours.is_string());
        assert_eq!(ours, version(&page, theirs));
    }
}
