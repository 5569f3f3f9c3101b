//! Snapshots measured against the browser's own emulator (`@xterm/headless`, in Node), cell by cell: at a random place of a program's
//! output, a fresh emulator that is written the snapshot must look like one that was written the output, and stay so to the output's end.

mod programs;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use longhouse_domain::terminal::TerminalSize;
use serde::{Deserialize, Serialize};

use self::programs::{Chance, random_program, recorded};
use super::Screen;

const SCROLLBACK: usize = 3000;

#[derive(Serialize)]
struct Case {
    name: String,
    cols: u16,
    rows: u16,
    before: String,
    snapshot: String,
    after: String,
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

/// The emulator's package, installed once.
fn install() {
    let directory = node_directory();
    if directory.join("node_modules/@xterm/headless").exists() {
        return;
    }
    let installed = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(&directory)
        .status()
        .expect("npm is there");
    assert!(installed.success());
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

fn case(name: &str, size: TerminalSize, bytes: &[u8], cut: usize) -> Case {
    let mut screen = Screen::new(size, SCROLLBACK);
    // In odd pieces, as output comes.
    for piece in bytes[..cut].chunks(1021) {
        screen.advance(piece);
    }
    Case {
        name: format!(
            "{name} at {cut} of {} ({:?})",
            bytes.len(),
            String::from_utf8_lossy(&bytes[cut.saturating_sub(40)..cut])
        ),
        cols: size.cols,
        rows: size.rows,
        before: base64(&bytes[..cut]),
        snapshot: base64(&screen.snapshot(SCROLLBACK, None)),
        after: base64(&bytes[cut..]),
    }
}

fn cases(name: &str, size: TerminalSize, bytes: &[u8], cuts: usize) -> Vec<Case> {
    let mut chance = Chance(bytes.len() as u64);
    let mut at: Vec<usize> = (0..cuts).map(|_| chance.below(bytes.len() + 1)).collect();
    at.push(bytes.len());
    at.into_iter()
        .map(|cut| case(name, size, bytes, cut))
        .collect()
}

const SIZE: TerminalSize = TerminalSize { cols: 80, rows: 24 };

#[test]
fn single_features() {
    let all: &[(&str, &str)] = &[
        (
            "colours",
            "\x1b[31;44mred\x1b[0m \x1b[38;5;208morange\x1b[48;2;1;2;3mtrue\x1b[0m\x1b[97;100mbright\x1b[0m\r\n",
        ),
        (
            "attributes",
            "\x1b[1mb\x1b[0;2md\x1b[0;3mi\x1b[0;4mu\x1b[0;7mr\x1b[0;8mh\x1b[0;9ms\x1b[0;1;3;4;9mall\x1b[0m.",
        ),
        (
            "underlines",
            "\x1b[4:3mcurl\x1b[4:2mdouble\x1b[4:4mdots\x1b[4:5mdash\x1b[0m\x1b[4;58;2;9;8;7mcolour\x1b[58;5;3mindex\x1b[0m",
        ),
        (
            "links",
            "\x1b]8;;https://a.example/\x1b\\here\x1b]8;;\x1b\\ \x1b]8;id=x;https://b.example/\x07there\x1b]8;;\x07 no",
        ),
        ("wide", "中文字 テスト 한국어 🎉🚀 e\u{301}a\u{308} ✓ ─│┌ "),
        ("wrapped", &"0123456789abcdef ".repeat(30)),
        ("wide wrapped", &format!("x{}", "中".repeat(100))),
        (
            "coloured wrap at the bottom",
            &format!(
                "{}\x1b[44m{}\x1b[0m end",
                "\r\n".repeat(23),
                "w".repeat(200)
            ),
        ),
        (
            "background erase",
            "\x1b[42m\x1b[2J\x1b[5;5Hgreen\x1b[K\x1b[0m\x1b[7;3Hx\x1b[41m\x1b[1K\x1b[m",
        ),
        ("pending wrap", &"x".repeat(80)),
        (
            "pending wrap, then colour",
            &format!("{}\x1b[31m", "x".repeat(80)),
        ),
        (
            "pending wrap in a charset",
            &format!("{}\x1b(0", "q".repeat(80)),
        ),
        ("wide pending wrap", &"中".repeat(40)),
        ("no wrap", &format!("\x1b[?7l{}", "y".repeat(100))),
        (
            "alternate",
            "one\r\ntwo\x1b[?1049h\x1b[2J\x1b[3;3Halt\x1b[31mred",
        ),
        (
            "alternate and back",
            "one\r\ntwo\x1b[?1049h\x1b[2Jalt\x1b[?1049lthree",
        ),
        (
            "alternate over colour",
            "\x1b[45mone\x1b[?1049h\x1b[1;1Hx\x1b[0m",
        ),
        (
            "scroll region",
            "\x1b[5;10r\x1b[5;1Ha\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh",
        ),
        ("origin", "\x1b[5;10r\x1b[?6h\x1b[2;3Hhere"),
        (
            "modes",
            "\x1b[?1h\x1b=\x1b[?2004h\x1b[?1004h\x1b[?1003h\x1b[?1006h\x1b[?25l\x1b[4hins",
        ),
        ("mouse", "\x1b[?1000h\x1b[?1002h\x1b[?1006h"),
        ("cursor style", "\x1b[5 q"),
        ("cursor style steady", "\x1b[4 q"),
        (
            "charsets",
            "\x1b(0lqqk\x1b(B plain \x1b)0\x0eqq\x0f done\x0e",
        ),
        ("tabs", "\x1b[3g\x1b[1;5H\x1bH\x1b[1;50H\x1bH\r\tx\ty"),
        ("tab over text", "abcdefghij\r\tX\x1b[2;1Habc\t\tdef"),
        ("saved cursor", "\x1b[3;7H\x1b[35m\x1b7\x1b[0m\x1b[10;10Hx"),
        ("title", "\x1b]2;a title; with ünïcode\x07text"),
        ("ed2", &format!("{}\x1b[2J\x1b[Hnew", "line\r\n".repeat(30))),
        ("ed3", &format!("{}\x1b[3J", "line\r\n".repeat(30))),
        ("ed1 on the second line", "one\r\ntwo\x1b[1Jx"),
        (
            "scroll up by command",
            &format!("{}\x1b[3S\x1b[2T", "line\r\n".repeat(30)),
        ),
        (
            "delete and insert lines",
            &format!("{}\x1b[H\x1b[3M\x1b[5;1H\x1b[2L", "line\r\n".repeat(30)),
        ),
        (
            "insert and delete characters",
            "abcdefghij\x1b[1;3H\x1b[2@XY\x1b[1;8H\x1b[2P\x1b[3X",
        ),
        ("cut in a sequence", "abc\x1b[3"),
        ("cut in a character", "abc中"),
        ("cut in a title", "abc\x1b]0;half"),
        ("cut before a combining mark", "cafe"),
        ("synchronised update", "a\x1b[?2026hb\x1b[Hc"),
        (
            "history",
            &(0..200)
                .map(|n| format!("\x1b[3{}mline {n}\x1b[0m\r\n", n % 8))
                .collect::<String>(),
        ),
        ("reset", "\x1b[31m\x1b[?1049hx\x1bcfresh"),
        ("soft reset", "\x1b[31m\x1b[5;9r\x1b[?6h\x1b[!pafter"),
    ];
    let ends: &[(&str, &str)] = &[
        ("cut in a sequence", "1mred"),
        ("cut before a combining mark", "\u{301}s"),
        ("pending wrap", "more"),
        ("wide pending wrap", "more"),
        ("cut in a title", " title\x07x"),
        ("saved cursor", "here\x1b8there"),
    ];
    let mut list = Vec::new();
    for (name, text) in all {
        let rest = ends
            .iter()
            .find(|(n, _)| n == name)
            .map_or("abc\r\ndef", |(_, rest)| *rest);
        let bytes = [text.as_bytes(), rest.as_bytes()].concat();
        list.push(case(name, SIZE, &bytes, text.len()));
        list.push(case(name, SIZE, &bytes, text.len() / 2));
        list.push(case(name, SIZE, &bytes, text.len() - 1));
    }
    compare(&list);
}

#[test]
fn random_programs_cut_at_random_places() {
    let mut list = Vec::new();
    for seed in 0..150 {
        let bytes = random_program(seed, 150);
        list.extend(cases(&format!("seed {seed}"), SIZE, &bytes, 3));
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
        list.extend(cases(program, SIZE, &bytes, 25));
    }
    assert!(tried >= 2, "too few programs are installed here");
    compare(&list);
}
