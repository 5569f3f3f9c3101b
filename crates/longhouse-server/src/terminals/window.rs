//! How much a page is sent before it says that it has drawn what it got.
//!
//! The page names the most. A page that draws slowly would have all of that still to draw when somebody types Ctrl-C, and the prompt
//! comes after it; so no more is under way than it draws in a moment. What takes long is told by its acknowledgements: those that take
//! longer than the quickest one did, by more than [`MOMENT`], are about bytes that waited. (The rule is that of delay-based congestion
//! control: RFC 6817, section 2.4.)
//!
//! Whoever acknowledges in larger steps than what is left must not wait for ever: where nothing moves for a while, the limit is lifted.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How long bytes may wait at the page's side: people take less than a tenth of a second for at once, and the prompt takes time, too.
const MOMENT: Duration = Duration::from_millis(40);

/// The least that is under way.
const LEAST: u64 = 64 * 1024;

/// After so long without any acknowledgement the limit is lifted.
const STANDSTILL: Duration = Duration::from_millis(250);

/// Where nothing waits, the limit grows by an acknowledged byte for so many: in a dozen windows to three times what it was.
const GROWTH: u64 = 8;

/// How many frames under way are noted: enough to measure, however small they are.
const NOTED: usize = 256;

/// See the module.
#[derive(Debug)]
pub(super) struct Window {
    /// What the page named.
    most: u64,
    limit: u64,
    /// Below this the limit does not go: it grows each time that a limit had to be lifted.
    least: u64,
    /// Where the stream began, or the last repaint put it: nothing before counts as unacknowledged.
    base: u64,
    /// The offset after the last byte that was sent.
    sent: u64,
    acked: u64,
    /// The ends of frames under way, and when they went.
    under_way: VecDeque<(u64, Instant)>,
    quickest: Option<Duration>,
    /// When a byte or an acknowledgement moved last, and how long the latest one took.
    moved: Instant,
    took: Duration,
}

impl Window {
    /// Of a page that begins at `offset` and may have `most` bytes unacknowledged.
    pub(super) fn new(most: u64, offset: u64) -> Self {
        Self {
            most,
            limit: most,
            least: LEAST.min(most),
            base: offset,
            sent: offset,
            acked: offset,
            under_way: VecDeque::new(),
            quickest: None,
            moved: Instant::now(),
            took: Duration::ZERO,
        }
    }

    /// A repaint went, which shows everything up to `offset`.
    pub(super) fn repainted(&mut self, offset: u64) {
        (self.base, self.sent, self.acked) = (offset, offset, offset);
        self.under_way.clear();
    }

    /// Bytes up to `end` went.
    pub(super) fn sent(&mut self, end: u64) {
        self.sent = end;
        self.moved = Instant::now();
        if self.under_way.len() < NOTED {
            self.under_way.push_back((end, self.moved));
        }
    }

    /// The page has drawn everything before `offset`.
    pub(super) fn acknowledged(&mut self, offset: u64) {
        // An acknowledgement of what was never sent counts for no more than what was.
        let offset = offset.clamp(self.base, self.sent.max(self.base));
        if offset <= self.acked {
            return;
        }
        let step = offset - self.acked;
        self.acked = offset;
        self.moved = Instant::now();
        let drawn = self.under_way.partition_point(|(end, _)| *end <= offset);
        let Some((_, went)) = self.under_way.drain(..drawn).next_back() else {
            return;
        };
        self.took = self.moved - went;
        let quickest = self
            .quickest
            .map_or(self.took, |known| known.min(self.took));
        self.quickest = Some(quickest);
        let wanted = quickest + MOMENT;
        self.limit = match self.took > wanted {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a small number of bytes"
            )]
            true => (self.limit as f64 * wanted.div_duration_f64(self.took)) as u64,
            false => self.limit.saturating_add(step / GROWTH),
        }
        .clamp(self.least, self.most);
    }

    /// How many bytes may be sent now.
    pub(super) fn credit(&self) -> usize {
        let under_way = self.sent.saturating_sub(self.acked.max(self.base));
        usize::try_from(self.limit.saturating_sub(under_way)).unwrap_or(usize::MAX)
    }

    /// When the limit is to be lifted, if nothing moves until then.
    pub(super) fn standstill(&self) -> Option<Instant> {
        let held_back = self.limit < self.most && self.credit() == 0;
        held_back.then(|| self.moved + STANDSTILL.max(self.took * 2))
    }

    /// Lifts the limit. It will not be so low again.
    pub(super) fn lift(&mut self) {
        self.least = self.least.saturating_mul(2).min(self.most);
        self.limit = self.most;
        self.moved = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEBIBYTE: u64 = 1 << 20;

    #[tokio::test(start_paused = true)]
    async fn what_is_unacknowledged_is_bounded() {
        let mut window = Window::new(300, 1000);
        window.sent(1100);
        assert_eq!(window.credit(), 200);
        // Neither an old nor an invented acknowledgement changes the sum.
        window.acknowledged(0);
        assert_eq!(window.credit(), 200);
        window.acknowledged(u64::MAX);
        assert_eq!(window.credit(), 300);
        window.sent(1500);
        assert_eq!(window.credit(), 0);
        window.repainted(9000);
        assert_eq!(window.credit(), 300);
        window.acknowledged(1500);
        assert_eq!(window.credit(), 300);
    }

    /// A page that draws so many bytes a millisecond; returns the most that was under way at the end.
    async fn flood(window: &mut Window, drawn: u64) -> u64 {
        const FRAME: u64 = 16 * 1024;
        let (mut sent, mut done, mut most) = (0, 0, 0);
        for round in 0..4000 {
            while window.credit() >= usize::try_from(FRAME).unwrap() {
                sent += FRAME;
                window.sent(sent);
            }
            most = if round < 3000 {
                0
            } else {
                most.max(sent - done)
            };
            tokio::time::advance(Duration::from_millis(1)).await;
            done = (done + drawn).min(sent);
            window.acknowledged(done / FRAME * FRAME);
        }
        most
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_page_has_no_more_under_way_than_it_draws_in_a_moment() {
        let mut window = Window::new(MEBIBYTE, 0);
        let most = flood(&mut window, 4 * 1024).await;
        assert!(
            most <= 256 * 1024,
            "{most} bytes at 4 MB/s are more than a moment"
        );
        assert!(most >= LEAST, "{most}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_quick_page_has_its_whole_window() {
        let mut window = Window::new(MEBIBYTE, 0);
        flood(&mut window, MEBIBYTE).await;
        assert_eq!(window.limit, MEBIBYTE);
    }

    #[tokio::test(start_paused = true)]
    async fn who_acknowledges_in_large_steps_gets_their_window_back() {
        let mut window = Window::new(MEBIBYTE, 0);
        let mut sent = 1;
        window.sent(sent);
        window.acknowledged(sent);
        for _ in 0..20 {
            // It says something only after half of what it named, a while later.
            while sent < window.acked + MEBIBYTE / 2 {
                let credit = window.credit() as u64;
                if credit == 0 {
                    tokio::time::sleep_until(window.standstill().expect("it may go on")).await;
                    window.lift();
                    continue;
                }
                sent += credit.min(16 * 1024);
                window.sent(sent);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            window.acknowledged(sent);
        }
        assert!(window.least > MEBIBYTE / 4, "{}", window.least);
    }
}
