//! Characters by hand, of every width and in every charset, and windows that change while they are shown.

use std::fmt::Write as _;

use longhouse_domain::terminal::TerminalSize;

use super::sequences::owned;
use super::{Item, SIZE, Step};

/// Characters of every width, and what joins them.
pub(super) fn characters() -> Vec<(&'static str, String)> {
    let mut list = owned(&[
        ("cut in an emoji", "👩"),
        ("cut in a flag", "🇩"),
        (
            "joined emoji",
            "👩‍🚀 👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽 ❤️ ☺ ☺️ 1️⃣ 🇩🇪🇫🇷🇬 ✓ ⚠ ⚠️ ⏱ 🪿 🫠",
        ),
        (
            "marks",
            "e\u{301}\u{323} a\u{308} \u{301}alone \x1b[5Ce\x1b[m\u{301} ก็ำ नि க்ஷ ﷽ \u{200b}|\u{200d}|\u{ad}|\u{feff}|",
        ),
        (
            "Hangul",
            "한국어 각 \u{1112}\u{1161}\u{11ab} \u{1100}\u{1161}",
        ),
        ("ambiguous", "±×÷°…—“”→←↑↓■□●○★☆♠♥αβγдж①②│┌─█▓▒░"),
        (
            "wide and halved",
            "中文字中文字\x1b[1;2Hx\x1b[1;5Hyy\x1b[1;9H\x1b[K\x1b[2;1H中文字\x1b[2;4H\x1b[1K\x1b[3;1H中文\x1b[3;2H\x1b[P\x1b[4;1H中文\x1b[4;2H\x1b[@\x1b[5;1H中文\x1b[5;2H\x1b[X",
        ),
        (
            "wide at the edge",
            "\x1b[1;80H中x\x1b[3;79H中文\x1b[5;80H👩‍🚀y\x1b[?7l\x1b[8;80H中\x1b[9;79H中\x1b[10;80Hab",
        ),
        (
            "widened at the edge",
            "\x1b[1;80H❤\u{fe0f}x\x1b[3;79H❤\u{fe0f}y\x1b[24;80H❤\u{fe0f}z",
        ),
        ("pending wrap, then a mark", &"x".repeat(80)),
        ("no UTF-8", "a\u{80}\u{84}b\u{85}c\u{88}"),
    ]);
    let mut charsets = String::new();
    for letter in "0AB4C5RQKYE6ZH7=".chars() {
        write!(charsets, "\x1b({letter}{letter}: #@[\\]^_`abc{{|}}~\r\n").unwrap();
    }
    list.push(("national charsets", format!("{charsets}\x1b(B")));
    list.push((
        "shifts",
        "\x1b)0\x1b*A\x1b+K\x0eq\x0fq\x1bn#\x1bo@\x1b~q\x1b%Gq\x1b-Aq".to_owned(),
    ));
    let table: String = (0..12)
        .map(|n| format!("│ {n:>3} │ 中文{n} │ {} │\r\n", "─".repeat(n * 5)))
        .collect();
    list.push(("a wide table", table));
    let gradient: String = (0..240)
        .map(|n| format!("\x1b[48;2;{n};{};{}m\x1b[38;5;{n}m▀", 255 - n, n / 2))
        .collect();
    list.push(("24 bits of colour", format!("{gradient}\x1b[0m")));
    list
}

/// The window changes in the middle.
pub(super) fn resized() -> Vec<Item> {
    let long = "word ".repeat(50);
    let lines: String = (0..40)
        .map(|n| format!("{n} {}\r\n", "long line ".repeat(n % 20)))
        .collect();
    let texts = [
        ("few lines", "one\r\ntwo\r\nthree".to_owned()),
        ("long lines", format!("{lines}$ ")),
        ("a line under the cursor", long),
        (
            "wide characters",
            format!("{}\r\n{}x\r\n$ ", "中文字".repeat(40), "中".repeat(39)),
        ),
        (
            "colour to the edge",
            format!(
                "\x1b[44m{}\x1b[K\x1b[m\r\n\x1b[41m\x1b[Kred\x1b[m\r\n",
                "x".repeat(90)
            ),
        ),
        (
            "the alternate screen",
            format!(
                "{lines}\x1b[?1049h\x1b[5;20r\x1b[2J\x1b[10;70H{}",
                "y".repeat(40)
            ),
        ),
        ("a saved cursor", format!("{lines}\x1b[10;40H\x1b7\x1b[H")),
        ("tab stops", "\x1b[3g\x1b[1;5H\x1bHx".to_owned()),
        ("a cursor in the middle", format!("{lines}\x1b[8;3H")),
    ];
    let sizes = [
        (40, 24),
        (120, 24),
        (80, 10),
        (80, 40),
        (33, 50),
        (132, 12),
        (2, 5),
    ];
    let mut items = Vec::new();
    for (name, text) in texts {
        for (cols, rows) in sizes {
            let rest = "after\x1b[5;5Hhere\t.\r\n\r\n".as_bytes().to_vec();
            items.push(Item {
                name: format!("{name}, then {cols}x{rows} and back"),
                size: SIZE,
                steps: vec![
                    Step::Output(text.clone().into_bytes()),
                    Step::Resize(TerminalSize { cols, rows }),
                    Step::Output(rest.clone()),
                    Step::Resize(SIZE),
                    Step::Output(rest),
                ],
            });
        }
    }
    items
}
