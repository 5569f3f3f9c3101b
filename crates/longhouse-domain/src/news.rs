//! News of a session that must not be lost, by their numbers: sessiond tells each over every connection again until it is acknowledged, and
//! the server, which writes it down before it acknowledges, takes each once.
//!
//! ```text
//!   sessiond                             server
//!   7 ─────────────────────────────────► written down together with its number
//!                                        (killed here: over the next connection 7 comes again, and is known by its number)
//!   7 is forgotten ◄────────────────────  acknowledged: all up to 7
//! ```
//!
//! A sessiond that was killed takes with it what it had not told. What the news were about is there all the same, and can be asked for: a
//! commit stands in the repository. So the numbers begin anew with each start of sessiond, and are told apart by that start's name.
//!
//! Not here: how news travel, and what they say.

use std::collections::VecDeque;

/// News that wait to be acknowledged; the newest stay. It is what a night without a server makes, at a commit every few minutes.
const UNHEARD: usize = 200;

/// The longest name of a start of sessiond, bytes: it is a UUID, and that has 36.
const BOOT_BYTES: usize = 64;

/// Which piece of news this is, as sessiond says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewsNumber {
    boot: String,
    number: i64,
}

impl NewsNumber {
    /// That number of that start of sessiond. `None` where it cannot be one.
    #[must_use]
    pub fn new(boot: &str, number: u64) -> Option<Self> {
        let number = i64::try_from(number).ok().filter(|number| *number > 0)?;
        let is_name = !boot.is_empty() && boot.bytes().all(|byte| byte.is_ascii_graphic());
        (is_name && boot.len() <= BOOT_BYTES).then(|| Self {
            boot: boot.to_owned(),
            number,
        })
    }

    /// The name of the start of sessiond.
    #[must_use]
    pub fn boot(&self) -> &str {
        &self.boot
    }

    /// The number; at least 1.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number
    }

    /// How many pieces of news between the last one that was written down and this one never came. `None` where this one was written down
    /// before, or comes too late to be.
    #[must_use]
    pub fn missed_since(&self, last: Option<&Self>) -> Option<i64> {
        let before = last
            .filter(|last| last.boot == self.boot)
            .map_or(0, |last| last.number);
        (self.number > before).then(|| self.number - before - 1)
    }
}

/// What sessiond keeps to tell it again.
#[derive(Debug)]
pub struct Unheard<T> {
    last: u64,
    waiting: VecDeque<(u64, T)>,
}

impl<T> Default for Unheard<T> {
    fn default() -> Self {
        Self {
            last: 0,
            waiting: VecDeque::new(),
        }
    }
}

impl<T: Clone> Unheard<T> {
    /// Gives a piece of news its number, and keeps it. Where too many wait, the oldest is forgotten, and its number missed.
    pub fn tell(&mut self, news: T) -> u64 {
        self.last += 1;
        if self.waiting.len() == UNHEARD {
            self.waiting.pop_front();
        }
        self.waiting.push_back((self.last, news));
        self.last
    }

    /// Everything up to this number is written down.
    pub fn acknowledge(&mut self, number: u64) {
        while self
            .waiting
            .front()
            .is_some_and(|(first, _)| *first <= number)
        {
            self.waiting.pop_front();
        }
    }

    /// What is still kept of what came after this number.
    pub fn after(&self, number: u64) -> impl Iterator<Item = (u64, T)> {
        self.waiting
            .iter()
            .filter(move |(own, _)| *own > number)
            .cloned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(number: u64) -> NewsNumber {
        NewsNumber::new("boot", number).unwrap()
    }

    #[test]
    fn a_number_that_can_be_none_is_refused() {
        for (boot, number) in [
            ("boot", 0),
            ("boot", u64::MAX),
            ("boot", 1 << 63),
            ("", 1),
            ("two words", 1),
            ("b\u{e4}d", 1),
        ] {
            assert_eq!(NewsNumber::new(boot, number), None, "{boot:?} {number}");
        }
        assert_eq!(NewsNumber::new(&"b".repeat(BOOT_BYTES + 1), 1), None);
        assert!(NewsNumber::new("boot", i64::MAX as u64).is_some());
    }

    #[test]
    fn numbers_that_go_backwards_are_repetitions_and_ones_that_jump_say_what_is_missed() {
        assert_eq!(number(1).missed_since(None), Some(0));
        assert_eq!(number(4).missed_since(None), Some(3));
        assert_eq!(number(4).missed_since(Some(&number(4))), None);
        assert_eq!(number(1).missed_since(Some(&number(4))), None);
        let last = number(i64::MAX as u64);
        assert_eq!(last.missed_since(Some(&number(4))), Some(i64::MAX - 5));
        let anew = NewsNumber::new("another", 1).unwrap();
        assert_eq!(anew.missed_since(Some(&last)), Some(0));
    }

    #[test]
    fn too_many_that_wait_cost_the_oldest() {
        let mut unheard = Unheard::default();
        let told = UNHEARD as u64 + 5;
        for news in 1..=told {
            assert_eq!(unheard.tell(news), news);
        }
        assert_eq!(unheard.after(0).count(), UNHEARD);
        assert_eq!(unheard.after(0).next(), Some((6, 6)));
        unheard.acknowledge(u64::MAX);
        assert_eq!(unheard.after(0).count(), 0);
        assert_eq!(unheard.tell(0), told + 1);
    }

    /// What may happen between the two.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        /// Something comes to pass in the session.
        Happens,
        /// The server takes what comes next.
        Takes,
        /// Its acknowledgement of what it wrote down arrives.
        Acknowledges,
        /// The connection ends, or the server is killed: what was on its way is lost, and everything that waits comes again.
        Breaks,
    }

    proptest! {
        #[test]
        fn each_piece_of_news_is_taken_once_and_in_its_order_whatever_breaks(
            steps in prop::collection::vec(
                prop::sample::select(vec![Step::Happens, Step::Takes, Step::Takes, Step::Acknowledges, Step::Breaks]), 0..UNHEARD)
        ) {
            let mut sessiond = Unheard::default();
            let mut under_way: VecDeque<(u64, u64)> = VecDeque::new();
            let (mut happened, mut written, mut last) = (0, Vec::new(), None::<NewsNumber>);
            // In the end everything arrives.
            let end = [Step::Breaks].into_iter().chain([Step::Takes; UNHEARD]);
            for step in steps.into_iter().chain(end) {
                match step {
                    Step::Happens => {
                        happened += 1;
                        under_way.push_back((sessiond.tell(happened), happened));
                    }
                    Step::Takes => if let Some((own, news)) = under_way.pop_front() {
                        let own = number(own);
                        if let Some(missed) = own.missed_since(last.as_ref()) {
                            prop_assert_eq!(missed, 0);
                            written.push(news);
                            last = Some(own);
                        }
                    },
                    Step::Acknowledges => if let Some(last) = &last {
                        sessiond.acknowledge(last.number().unsigned_abs());
                    },
                    Step::Breaks => under_way = sessiond.after(0).collect(),
                }
            }
            prop_assert_eq!(written, (1..=happened).collect::<Vec<u64>>());
        }
    }
}
