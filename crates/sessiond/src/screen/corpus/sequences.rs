//! Sequences by hand: what a terminal can be asked for, one thing after the other, also where it is odd. The names say what.

use super::{Item, SIZE};

/// Each with what follows the moment of interest, so that a cut there is seen to matter.
pub(super) fn all() -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for (name, text) in plain()
        .into_iter()
        .chain(margins())
        .chain(super::characters::characters())
    {
        let end = ENDS.iter().find(|(of, _)| *of == name);
        let rest = end.map_or("abc\r\ndef", |(_, rest)| *rest);
        items.push(Item::new(name, SIZE, format!("{text}{rest}")));
    }
    items.extend(super::characters::resized());
    items
}

/// What comes behind, where it is not just text.
const ENDS: &[(&str, &str)] = &[
    ("cut in a sequence", "1mred"),
    ("cut before a combining mark", "\u{301}s"),
    ("cut in an emoji", "\u{200d}🚀 x"),
    ("cut in an emoji of a synchronised update", "\u{200d}🚀 x"),
    ("cut in a flag", "🇪🇫🇷 x"),
    ("pending wrap", "more"),
    ("pending wrap, then a mark", "\u{301}more"),
    ("wide pending wrap", "more"),
    ("cut in a title", " title\x07x"),
    ("saved cursor", "here\x1b8there"),
    ("a charset that came back", "q\x0fq"),
    ("repeat", "\x1b[3b|"),
    ("insert mode", "ins\u{301}\r\nx"),
];

pub(super) fn owned(table: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    table
        .iter()
        .map(|(name, text)| (*name, (*text).to_owned()))
        .collect()
}

fn plain() -> Vec<(&'static str, String)> {
    owned(&[
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
        ("a charset that came back", "\x1b(0lqk\x1b8q"),
        ("cut in an emoji of a synchronised update", "\x1b[?2026h👩"),
        ("synchronised update", "a\x1b[?2026hb\x1b[Hc"),
        (
            "history",
            &(0..200)
                .map(|n| format!("\x1b[3{}mline {n}\x1b[0m\r\n", n % 8))
                .collect::<String>(),
        ),
        ("reset", "\x1b[31m\x1b[?1049hx\x1bcfresh"),
        ("soft reset", "\x1b[31m\x1b[5;9r\x1b[?6h\x1b[!pafter"),
        (
            "reset with a hidden cursor",
            "\x1b[?25l\x1b[20h\x1b[?1049hx\x1bcfresh",
        ),
        (
            "soft reset in an odd state",
            "\x1b[?7l\x1b[4h\x1b[?1002h\x1b[4 q\x1b(0\x1b7\x1b[!pqqq",
        ),
        (
            "blink and overline",
            "\x1b[5mblink\x1b[25m \x1b[53mover\x1b[55m \x1b[5;53;4mall",
        ),
        (
            "double underline by 21",
            "\x1b[1;21mboth\x1b[24mbold\x1b[22mplain",
        ),
        (
            "colon colours",
            "\x1b[38:2::10:20:30mspace\x1b[48:5:17mindex\x1b[0m\x1b[38:2:10:20:30mnone\x1b[m",
        ),
        (
            "colours without their numbers",
            "\x1b[38mx\x1b[38;5my\x1b[38;2;1mz\x1b[48;2;1;2mw\x1b[m\x1b[38;7;1mv",
        ),
        (
            "underline colours",
            "\x1b[4;58:2::9:8:7mrgb\x1b[58:5:3mindex\x1b[59mnone\x1b[58;5;9m\x1b[24moff\x1b[4magain\x1b[0m\x1b[4mplain",
        ),
        (
            "more than can be",
            "\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23;24;25;26;27;28;29;30;31;32mx",
        ),
        (
            "sequence that nobody knows",
            "a\x1b[5zb\x1b[?77hc\x1b]777;x\x07d\x1bPq#0\x1b\\e\x1b_apc\x1b\\f\x1b^pm\x1b\\g",
        ),
        ("cancelled sequences", "a\x1b[3\x18b\x1b[4\x1ac\x1bPx\x18d"),
        (
            "controls in sequences",
            "a\x1b[3\r1mred\x1b[\n2mdim\x1b[\x08Cx",
        ),
        (
            "links that end",
            "\x1b]8;;https://a.example/;b?c=d\x07one\x1b]8;id=1;https://a.example/\x07two\x1b]8;;\x07 none",
        ),
        (
            "link and reset",
            "\x1b]8;;https://a.example/\x07\x1b[4;31mone\x1b[0mtwo\x1b]8;;\x07three",
        ),
        ("title with semicolons", "\x1b]0;a;b;c;;d\x07text"),
        (
            "save and restore",
            "\x1b[5;5H\x1b[1;31m\x1b(0\x1b7\x1b[H\x1b[0m\x1b(Bplain\x1b8lqk\x1b[s\x1b[9;9H\x1b[uhere",
        ),
        (
            "save, scroll, restore",
            "\x1b[20;7H\x1b7\x1b[24;1H\n\n\n\x1b8x",
        ),
        (
            "save on both screens",
            "\x1b[3;3H\x1b7\x1b[?1049h\x1b[5;5H\x1b7\x1b[Hx\x1b8y\x1b[?1049l\x1b8z\x1b[?47h\x1b8w",
        ),
        (
            "alternate by 47 and 1047",
            "one\x1b[?47htwo\x1b[?47lthree\x1b[?1047hfour\x1b[?1047lfive\x1b[?1048hsix\x1b[?1048lseven",
        ),
        (
            "alternate twice",
            "one\x1b[?1049htwo\x1b[?1049hthree\x1b[?1049lfour\x1b[?1049lfive",
        ),
        (
            "margins of both screens",
            "\x1b[3;9r\x1b[?1049h\x1b[5;7rx\x1b[?1049l\x1b[9;1H\n\n\ny",
        ),
        (
            "tabs of the alternate screen",
            "\x1b[?1049h\x1b[3g\x1b[1;5H\x1bH\r\tx\x1b[?1049l\r\ty",
        ),
        (
            "mouse modes",
            "\x1b[?1002h\x1b[?1016h\x1b[?9h\x1b[?1003h\x1b[?1000l\x1b[?1000h",
        ),
        (
            "repeat",
            "ab\x1b[5b \x1b[31mx\x1b[3b\x1b[m\x1b[2b中\x1b[3be\u{301}\x1b[2b_",
        ),
        (
            "protected",
            "ab\x1b[1\"qcd\x1b[2\"qef\x1b[1;4H\x1b[?1K\x1b[2;1Hxx\x1b[1\"qyy\x1b[0\"q\x1b[?2J",
        ),
        (
            "colours of the palette",
            "\x1b]4;1;rgb:12/34/56;2;#abc\x07\x1b]10;#112233\x07\x1b[31mx\x1b]104;2\x07",
        ),
    ])
}

/// What vttest tries: the cursor at the margins, origins, tabs, erasing and editing in colour.
fn margins() -> Vec<(&'static str, String)> {
    let alphabet: String = ('a'..='x')
        .map(|c| format!("{}\r\n", c.to_string().repeat(40)))
        .collect();
    let screen = alphabet.trim_end();
    let on_it = |text: &str| format!("{screen}{text}");
    let mut list = owned(&[
        (
            "moves beyond the edges",
            "\x1b[99;99H\x1b[9Cx\x1b[99A\x1b[999Dy\x1b[99Bz\x1b[99Fw\x1b[9Ev\x1b[200Gu\x1b[0;0Ht\x1b[5dq\x1b[3ap\x1b[2eo\x1b[7`n",
        ),
        (
            "moves at the margins",
            "\x1b[5;10r\x1b[7;1H\x1b[9Aa\x1b[9Bb\x1b[2;1H\x1b[9Ac\x1b[2;1H\x1b[20Bd\x1b[20;1H\x1b[20Ae\x1b[20;1H\x1b[20Bf",
        ),
        (
            "moves from the origin",
            "\x1b[5;10r\x1b[?6h\x1b[1;1Ha\x1b[9;9Hb\x1b[2Ac\x1b[3Gd\x1b[2de\x1b[1Bf\x1b[?6lg",
        ),
        (
            "line feeds below the margin",
            "\x1b[5;10r\x1b[12;3H\n\n\x1b[24;3Ha\nb\x1b[10;1Hc\nd\x1bDe\x1bEf",
        ),
        (
            "a wrap at the margin",
            "\x1b[5;10r\x1b[10;70H0123456789abcdefghijk",
        ),
        (
            "a wrap below the margin",
            "\x1b[5;10r\x1b[24;70H0123456789abcdefghijk",
        ),
        (
            "backspace after a wrap",
            "\x1b[1;78Habcd\x08\x08\x08x\x1b[5;80Hz\x08y",
        ),
        (
            "reverse wrap",
            "\x1b[?45h\x1b[1;78Habcd\x08\x08\x08\x08x\r\x08y\x1b[5;1H\x08z",
        ),
        (
            "tabs",
            "\x1b[3g\x1b[1;5H\x1bH\x1b[1;50H\x1bH\r\tx\ty\tz\x1b[2Zw\x1b[1;50H\x1b[g\r\x1b[2Iv",
        ),
        (
            "tabs at the edge",
            "\x1b[1;79H\tx\ty\x1b[3;80Hz\t\x1b[2Iw\x1b[2Zv",
        ),
        ("line feed returns", "\x1b[20habc\ndef\x1b[20lghi\njkl"),
        ("DECALN", "\x1b[5;10r\x1b[?6h\x1b[31;44m\x1b#8\x1b[2;2Hx"),
        (
            "index and reverse index",
            "\x1b[3;6r\x1b[6;1Ha\x1bDb\x1bDc\x1b[3;1Hd\x1bMe\x1bMf\x1b[1;1H\x1bMg",
        ),
    ]);
    for (name, text) in [
        ("erase in display, below", "\x1b[41m\x1b[10;20H\x1b[J"),
        ("erase in display, above", "\x1b[42m\x1b[10;20H\x1b[1J"),
        ("erase all", "\x1b[43m\x1b[10;20H\x1b[2Jx"),
        (
            "erase parts of lines",
            "\x1b[44m\x1b[3;20H\x1b[K\x1b[4;20H\x1b[1K\x1b[5;20H\x1b[2K\x1b[6;20H\x1b[5X\x1b[7;38H\x1b[99X",
        ),
        (
            "insert lines",
            "\x1b[45m\x1b[5;10r\x1b[7;9H\x1b[2L\x1b[1;1H\x1b[3L\x1b[9;1H\x1b[99Lx",
        ),
        (
            "delete lines",
            "\x1b[46m\x1b[5;10r\x1b[7;9H\x1b[2M\x1b[12;1H\x1b[3M\x1b[9;1H\x1b[99Mx",
        ),
        (
            "insert characters",
            "\x1b[41m\x1b[3;5H\x1b[4@\x1b[4;38H\x1b[99@\x1b[5;80H\x1b[3@x",
        ),
        (
            "delete characters",
            "\x1b[42m\x1b[3;5H\x1b[4P\x1b[4;38H\x1b[99P\x1b[5;80H\x1b[3Px",
        ),
        (
            "scroll up",
            "\x1b[43m\x1b[5;10r\x1b[2S\x1b[r\x1b[1S\x1b[99Sx",
        ),
        ("scroll down", "\x1b[44m\x1b[5;10r\x1b[2T\x1b[r\x1b[1Tx"),
        (
            "move columns",
            "\x1b[45m\x1b[5;10r\x1b[6;9H\x1b[3'}\x1b[8;2H\x1b[2'~\x1b[2 @\x1b[3 Ax",
        ),
        ("insert mode", "\x1b[3;5H\x1b[4h"),
        (
            "insert mode at the end",
            "\x1b[3;38H\x1b[4h0123456789\x1b[4;80H中文\x1b[4l",
        ),
        (
            "erase with a wrap pending",
            "\x1b[3;1H\x1b[31m0123456789012345678901234567890123456789012345678901234567890123456789 123456789\x1b[K\x1b[5;1H0123456789012345678901234567890123456789012345678901234567890123456789 123456789\x1b[J",
        ),
        (
            "region set wrongly",
            "\x1b[10;5rx\x1b[5;5ry\x1b[0;0rz\x1b[99;100rw\x1b[3;99rv",
        ),
    ] {
        list.push((name, on_it(text)));
    }
    list
}
