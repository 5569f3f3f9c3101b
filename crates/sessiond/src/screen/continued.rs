//! Who joins late sees what those see who were there from the beginning: a screen that is written the snapshot, then the rest, is the
//! screen that was written everything, wherever the output is cut: in a sequence, in a character.

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

/// Pieces of all that there is, one after the other. The window stays as it is: where it grows again after it was made narrower, what a
/// repaint cannot hold comes back, and how lines fold then may differ by that. The corpus has windows that change.
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
