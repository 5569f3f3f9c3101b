//! What git says while it works, as a step and a share.

use longhouse_link::proto::clone_news::Progress;

/// What git calls its steps. A server chooses what it says; only these words are taken from it.
const STEPS: [&str; 6] = [
    "Enumerating objects",
    "Counting objects",
    "Compressing objects",
    "Receiving objects",
    "Resolving deltas",
    "Updating files",
];

/// The longest account of how much and how fast, bytes.
const AMOUNT_BYTES: usize = 80;

/// The progress that a line tells of, if it does.
pub(super) fn read(line: &str) -> Option<Progress> {
    let (is_local, line) = match line.strip_prefix("remote: ") {
        Some(line) => (false, line),
        None => (true, line),
    };
    let (step, rest) = line.split_once(':')?;
    let step = STEPS.into_iter().find(|known| *known == step.trim())?;
    let (percent, amount) = match rest.split_once('%') {
        Some((percent, amount)) => (Some(percent.trim().parse().ok()?), amount),
        None => (None, rest),
    };
    let percent = percent.filter(|percent: &u32| *percent <= 100);
    let plain = |c: char| c.is_ascii_alphanumeric() || " ./|,()".contains(c);
    let amount = amount.trim();
    let mut step = step.to_owned();
    if is_local && !amount.is_empty() && amount.len() <= AMOUNT_BYTES && amount.chars().all(plain) {
        step = format!("{step} {amount}");
    }
    Some(Progress { step, percent })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Option<(String, Option<u32>)> {
        read(line).map(|progress| (progress.step, progress.percent))
    }

    #[test]
    fn steps_are_told_with_their_share() {
        for (line, step, percent) in [
            (
                "Receiving objects:  45% (450/1000), 1.20 MiB | 1.00 MiB/s",
                "Receiving objects (450/1000), 1.20 MiB | 1.00 MiB/s",
                Some(45),
            ),
            (
                "Resolving deltas: 100% (3/3), done.",
                "Resolving deltas (3/3), done.",
                Some(100),
            ),
            (
                "remote: Counting objects: 7% (1/14) <b>",
                "Counting objects",
                Some(7),
            ),
            (
                "remote: Enumerating objects: 5, done.",
                "Enumerating objects",
                None,
            ),
        ] {
            assert_eq!(told(line), Some((step.to_owned(), percent)), "{line}");
        }
    }

    #[test]
    fn other_words_are_no_progress() {
        for line in [
            "Cloning into 'x'...",
            "remote: Buy now: 50%",
            "Receiving objects:  x%",
            "fatal: Receiving objects: 5%",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
        assert_eq!(
            told("Receiving objects: 400%"),
            Some(("Receiving objects".to_owned(), None))
        );
        assert_eq!(
            told("Receiving objects: 4% \u{1b}[31m"),
            Some(("Receiving objects".to_owned(), Some(4)))
        );
    }
}
