//! Who joins late sees what those see who were there from the beginning: a screen that is written the snapshot, then the rest, is the
//! screen that was written everything, wherever the output is cut: in a sequence, in a character.

use bytes::Bytes;
use longhouse_domain::terminal::TerminalSize;
use proptest::prelude::*;

use super::Screen;
use super::corpus::programs::random_program;
use super::corpus::{Item, SIZE, Step, corpus};
use super::seen::seen;
use crate::terminal::log::Mark;

const SCROLLBACK: usize = 500;

fn take(screen: &mut Screen, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Output(output) => screen.advance(output),
            Step::Resize(size) => screen.mark(Mark::Size(*size)),
        }
    }
}

/// The first difference, if there is one.
fn difference(a: &Screen, b: &Screen) -> Option<String> {
    let [a, b] = [a, b].map(seen);
    let (a, b) = (a.as_object().unwrap(), b.as_object().unwrap());
    let other = |(name, value): (&String, &serde_json::Value)| {
        if *value == b[name] {
            return None;
        }
        let lines = value.as_array().zip(b[name].as_array());
        let line =
            lines.and_then(|(a, b)| (0..a.len().max(b.len())).find(|n| a.get(*n) != b.get(*n)));
        Some(match (lines, line) {
            (Some((a, b)), Some(n)) => {
                format!("{name} {n}: {:?}\nnot {:?}", a.get(n), b.get(n))
            }
            _ => format!("{name}: {value}\nnot {}", b[name]),
        })
    };
    a.iter().find_map(other)
}

/// Leaves at the byte `cut` and comes back; says what is different then.
fn left_and_joined(item: &Item, cut: usize) -> Result<(), String> {
    let (before, after) = item.cut(cut);
    let mut stayed = Screen::new(item.size, SCROLLBACK);
    take(&mut stayed, &before);
    stayed.forget_beyond_edge();
    if stayed.joins_what_is_lost() {
        return Ok(());
    }
    let mut joined = Screen::new(stayed.size(), SCROLLBACK);
    joined.advance(&stayed.snapshot(SCROLLBACK, None));
    let told = |when: &str, what: String| format!("{}, cut at {cut}, {when}: {what}", item.name);
    if let Some(what) = difference(&stayed, &joined) {
        return Err(told("at the cut", what));
    }
    take(&mut stayed, &after);
    take(&mut joined, &after);
    difference(&stayed, &joined).map_or(Ok(()), |what| Err(told("at the end", what)))
}

#[test]
fn wherever_a_short_program_is_cut() {
    for item in corpus().iter().filter(|item| item.len() < 300) {
        for cut in 0..=item.len() {
            left_and_joined(item, cut).unwrap();
        }
    }
}

/// Pieces of all that there is, one after the other, in a window that stays as it is.
fn mixes() -> impl Strategy<Value = Item> {
    // A wide character that finds no room in a line that does not wrap is not on the screen, but a mark may still join it.
    let no_wrap = b"\x1b[?7l";
    let mut items = corpus().clone();
    items.retain(|item| {
        item.steps.iter().all(|step| match step {
            Step::Output(output) => memchr::memmem::find(output, no_wrap).is_none(),
            Step::Resize(_) => false,
        })
    });
    let piece = (
        0..items.len() + 1,
        any::<prop::sample::Index>(),
        1_usize..600,
        any::<u64>(),
    );
    prop::collection::vec(piece, 1..8).prop_map(move |pieces| {
        let mut steps = Vec::new();
        for (which, from, length, seed) in pieces {
            let made = Item::new("made up", SIZE, random_program(seed, 40));
            let item = items.get(which).unwrap_or(&made);
            let (_, mut rest) = item.cut(from.index(item.len()));
            if let Step::Output(mut output) = rest.swap_remove(0) {
                output.truncate(length);
                steps.push(Step::Output(output));
            }
        }
        Item {
            name: "a mix".to_owned(),
            size: SIZE,
            steps,
        }
    })
}

/// Mixes in a window that changes between their pieces.
fn windows() -> impl Strategy<Value = Item> {
    let size = (2_u16..140, 1_u16..50).prop_map(|(cols, rows)| TerminalSize { cols, rows });
    let sizes = prop::collection::vec(prop::option::of(size), 8);
    (mixes(), sizes).prop_map(|(mut item, sizes)| {
        let sizes = sizes.into_iter().map(|size| size.map(Step::Resize));
        let pairs = std::mem::take(&mut item.steps).into_iter().zip(sizes);
        item.steps = pairs
            .flat_map(|(step, size)| std::iter::once(step).chain(size))
            .collect();
        item
    })
}

/// A flood of lines that print text, move within themselves and choose how text looks; here and there something that does more.
fn floods() -> impl Strategy<Value = Vec<u8>> {
    let parts = [
        "word ",
        "0123456789",
        "größer, 日本語, 👩‍💻",
        "\u{301}",
        "\t",
        "\x08",
        "\r",
        "\x07",
        "\x1b[2K\x1b[1G",
        "\x1b[5C",
        "\x1b[3D",
        "\x1b[2P",
        "\x1b[4@",
        "\x1b[6X",
        "\x1b[K",
        "\x1b[1;31m",
        "\x1b[m",
        "\x1b[0;7m",
        "\x1b[00m",
        "\x1b[48;5;17m",
        "\x1b[4:3;58;5;9m",
        "\x1b[;3m",
        "\x1b[999C",
        "long enough to run over the edge of the window, and into the next row",
    ];
    let harm = [
        "\x1b[H",
        "\x1b[?7l",
        "\x1b7",
        "\x1b[3;9r",
        "\x1b[?1049h",
        "\x1b]8;;x\x1b\\",
        "\x1b[2J",
        "\x1b[10A",
        "\x1b(0",
    ];
    let line = prop::collection::vec(0..parts.len(), 0..6);
    let lines = prop::collection::vec((line, any::<bool>()), 1..12);
    let harm = prop::option::weighted(0.3, (0..harm.len()).prop_map(move |n| harm[n]));
    (lines, harm, 100_usize..300).prop_map(move |(lines, harm, count)| {
        let mut flood = String::new();
        for (n, (line, returns)) in lines.iter().cycle().take(count).enumerate() {
            line.iter().for_each(|part| flood.push_str(parts[*part]));
            flood.push_str(if *returns { "\r\n" } else { "\n" });
            flood.push_str(harm.filter(|_| n == count / 5).unwrap_or_default());
        }
        flood.into_bytes()
    })
}

/// Takes `flood` in pieces, without what may be passed over. Answers how much that was.
fn skim(screen: &mut Screen, flood: &[u8], length: usize) -> usize {
    let pieces: Vec<_> = flood.chunks(length).map(Bytes::copy_from_slice).collect();
    let passed = screen.pass_over(&pieces).unwrap_or_default();
    screen.advance(&flood[passed..]);
    passed
}

/// Few enough that floods are longer.
const FEW: usize = 20;

#[test]
fn most_of_a_flood_is_passed_over() {
    let mut screen = Screen::new(SIZE, FEW);
    screen.advance(b"\x1b[1mbefore ");
    let flood =
        "\x1b[32m   Finished\x1b[0m größer, 日本語, 👩‍💻\r\n\x1b[2K\x1b[1Gdone\r\n".repeat(500);
    let passed = skim(&mut screen, flood.as_bytes(), 1000);
    assert!(passed > flood.len() * 4 / 5, "{passed} of {}", flood.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wherever_a_program_is_cut(which: prop::sample::Index, at: prop::sample::Index) {
        let items = corpus();
        let item = which.get(items);
        let cut = at.index(item.len() + 1);
        left_and_joined(item, cut).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn whatever_came_before(item in mixes(), at: prop::sample::Index) {
        let cut = at.index(item.len() + 1);
        left_and_joined(&item, cut).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn whatever_came_before_in_windows_that_change(item in windows(), at: prop::sample::Index) {
        let cut = at.index(item.len() + 1);
        left_and_joined(&item, cut).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn what_is_passed_over_leaves_no_trace(item in mixes(), flood in floods(), after in mixes(), length in 1_usize..5000) {
        let [mut whole, mut skimmed] = [(); 2].map(|()| Screen::new(item.size, FEW));
        for screen in [&mut whole, &mut skimmed] {
            take(screen, &item.steps);
        }
        whole.advance(&flood);
        skim(&mut skimmed, &flood, length);
        prop_assert_eq!(difference(&whole, &skimmed), None);
        for screen in [&mut whole, &mut skimmed] {
            take(screen, &after.steps);
        }
        prop_assert_eq!(difference(&whole, &skimmed), None);
    }

    #[test]
    fn however_the_bytes_arrive(which: prop::sample::Index, lengths in prop::collection::vec(1_usize..40, 1..30)) {
        let items = corpus();
        let item = which.get(items);
        let [mut whole, mut pieces] = [(); 2].map(|()| Screen::new(item.size, SCROLLBACK));
        take(&mut whole, &item.steps);
        let mut lengths = lengths.iter().cycle();
        for step in &item.steps {
            match step {
                Step::Output(output) => {
                    let mut rest = &output[..];
                    while !rest.is_empty() {
                        let (now, later) = rest.split_at(lengths.next().map_or(1, |n| *n.min(&rest.len())));
                        pieces.advance(now);
                        rest = later;
                    }
                }
                Step::Resize(size) => pieces.mark(Mark::Size(*size)),
            }
        }
        prop_assert_eq!(difference(&whole, &pieces), None);
    }
}
