//! Which terminals are parsed when, on the one thread that parses them.
//!
//! A terminal rests between two turns: parsing each piece as it comes would wake the thread for every one of them. While one floods, only a
//! glance is cast at it again and again, which passes over what no screen will show (see [`super::skim`]) and leaves the last lines for
//! later: they will be replaced themselves before anybody looks. Whoever does look (a repaint, a capture) has them parsed at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::Screen;
use super::worker::{Job, Jobs};
use crate::terminal::Terminal;

/// Bytes parsed for one terminal before another one gets its turn: a few milliseconds' work.
pub(super) const TURN: usize = 256 * 1024;

/// A terminal of which so many bytes were parsed in a turn floods.
const FLOOD: u64 = 64 * 1024;

/// How long a terminal is left alone that was parsed: a program that writes often, as one does that answers keys, would otherwise wake the
/// thread for each piece.
const PAUSE: Duration = Duration::from_millis(2);

/// How long one is left alone that floods: at the speed of a PTY, some 80 MB/s, less comes meanwhile than a fifth of what the screen may lag
/// behind.
const GLANCE: Duration = Duration::from_millis(10);

/// It floods still where so much came between two glances.
const FLOWS: u64 = 16 * 1024;

/// A flood's last lines wait no longer than this, however long it lasts: what passes over the others does not look at these, and a program
/// may have asked something there.
const LATEST: Duration = Duration::from_millis(500);

/// Bytes of a flood's last lines parsed at once, some half a millisecond's work, and the pause behind them. Nobody waits for these lines, and
/// a thread that runs on keeps the processor from those who carry keys for as long as the kernel lets it, some 4 ms.
const STEP: usize = 8 * 1024;
const BREATH: Duration = Duration::from_micros(200);

/// The turn of a terminal.
struct Turn {
    terminal: Arc<Terminal>,
    /// What is known where it floods.
    flood: Option<Flood>,
    under_way: Option<UnderWay>,
}

/// A terminal that flooded when it was last looked at.
#[derive(Clone, Copy)]
struct Flood {
    /// The log's end then.
    end: u64,
    /// When it was last parsed to its end.
    parsed: Instant,
}

/// Parsing that has begun.
#[derive(Clone, Copy)]
struct UnderWay {
    /// Where the screen stood before.
    from: u64,
    /// The log's end then: what comes meanwhile is the next turn's, which may pass it over.
    goal: u64,
}

/// What became of a turn.
enum Outcome {
    /// There was nothing to do.
    Idle,
    GoesOn(UnderWay),
    Rests(Duration, Option<Flood>),
}

/// See the module.
#[derive(Default)]
pub(super) struct Turns {
    unfinished: VecDeque<Turn>,
    /// The ones that rest longest come last.
    resting: VecDeque<(Instant, Turn)>,
}

impl Turns {
    /// The next job; none where it is time to parse. Fails when nobody can ask any more.
    pub(super) fn next_job(
        &mut self,
        jobs: &Jobs,
    ) -> Result<Option<(Arc<Terminal>, Job)>, mpsc::RecvError> {
        let now = Instant::now();
        while let Some((_, turn)) = self.resting.pop_front_if(|(until, _)| *until <= now) {
            turn.terminal.parse_begins();
            self.unfinished.push_back(turn);
        }
        let wait = if self.unfinished.is_empty() {
            self.resting.front().map(|(until, _)| *until - now)
        } else if self.unfinished.iter().all(Turn::breathes) {
            Some(BREATH)
        } else {
            return Ok(jobs.try_recv().ok());
        };
        let Some(wait) = wait else {
            return jobs.recv().map(Some);
        };
        match jobs.recv_timeout(wait) {
            Ok(job) => Ok(Some(job)),
            Err(mpsc::RecvTimeoutError::Timeout) => Ok(None),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(mpsc::RecvError),
        }
    }

    /// Gives a terminal that has output its turn.
    pub(super) fn begin(&mut self, terminal: Arc<Terminal>) {
        let is_it = |turn: &Turn| Arc::ptr_eq(&turn.terminal, &terminal);
        // It may have asked just before it was left alone.
        if self.resting.iter().any(|(_, turn)| is_it(turn)) {
            return;
        }
        terminal.parse_begins();
        // One that is under way rests when it is done, and is looked at once more.
        if !self.unfinished.iter().any(is_it) {
            self.unfinished.push_back(Turn {
                terminal,
                flood: None,
                under_way: None,
            });
        }
    }

    pub(super) fn take_one(&mut self) {
        let Some(mut turn) = self.unfinished.pop_front() else {
            return;
        };
        match turn.take() {
            Outcome::Idle => {}
            Outcome::GoesOn(under_way) => {
                turn.under_way = Some(under_way);
                self.unfinished.push_back(turn);
            }
            Outcome::Rests(time, flood) => {
                let terminal = turn.terminal;
                terminal.parse_rests();
                let until = Instant::now() + time;
                let place = self.resting.partition_point(|(other, _)| *other <= until);
                let under_way = None;
                let turn = Turn {
                    terminal,
                    flood,
                    under_way,
                };
                self.resting.insert(place, (until, turn));
            }
        }
    }
}

impl Turn {
    /// Whether nobody waits for it.
    fn takes_its_time(&self) -> bool {
        self.flood.is_some() && self.terminal.is_near()
    }

    /// Whether it pauses before it goes on.
    fn breathes(&self) -> bool {
        self.under_way.is_some() && self.takes_its_time()
    }

    fn take(&self) -> Outcome {
        let terminal = &self.terminal;
        terminal.with_screen(|screen| match self.under_way {
            Some(under_way) => {
                if !terminal.is_near() {
                    terminal.pass_over(screen);
                }
                self.go_on(screen, under_way)
            }
            None => {
                let (from, goal) = (terminal.parsed(), terminal.end());
                let may_wait = terminal.pass_over(screen);
                match self
                    .flood
                    .filter(|flood| may_wait && self.is_put_off(*flood, goal))
                {
                    Some(flood) => Outcome::Rests(GLANCE, Some(Flood { end: goal, ..flood })),
                    None => self.go_on(screen, UnderWay { from, goal }),
                }
            }
        })
    }

    /// Whether the last lines may be left for later.
    fn is_put_off(&self, flood: Flood, end: u64) -> bool {
        end - flood.end >= FLOWS && flood.parsed.elapsed() < LATEST && self.terminal.is_near()
    }

    fn go_on(&self, screen: &mut Screen, under_way: UnderWay) -> Outcome {
        let UnderWay { from, goal } = under_way;
        let terminal = &self.terminal;
        let step = if self.takes_its_time() { STEP } else { TURN };
        let done = terminal.parse(screen, step);
        if !done && terminal.parsed() < goal {
            return Outcome::GoesOn(under_way);
        }
        match terminal.parsed() - from {
            0 => Outcome::Idle,
            FLOOD.. if terminal.may_rest() => {
                let flood = Flood {
                    end: goal,
                    parsed: Instant::now(),
                };
                Outcome::Rests(GLANCE, Some(flood))
            }
            _ => Outcome::Rests(PAUSE, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use longhouse_link::proto::capture_request::Format;
    use tokio::sync::mpsc::{Receiver, channel};

    use super::super::worker::{Screens, work};
    use super::*;
    use crate::terminal::Making;
    use crate::terminal::input::Input;

    /// A terminal, and the thread that parses it, one step after the other.
    struct House {
        terminal: Arc<Terminal>,
        jobs: Jobs,
        turns: Turns,
        answers: Receiver<Input>,
        line: usize,
    }

    /// Lines that a program writes between two glances at its flood, some 300 kB.
    const MANY: usize = 15_000;

    impl House {
        fn new() -> Self {
            let (screens, jobs) = Screens::queue();
            let (input, answers) = channel(8);
            let making = Making::some(8 << 20, screens, input);
            let terminal = Arc::new(Terminal::new(making));
            Self {
                terminal,
                jobs,
                turns: Turns::default(),
                answers,
                line: 0,
            }
        }

        /// The program writes so many lines.
        fn write(&mut self, lines: usize) {
            let lines = (self.line..self.line + lines).map(|n| format!("{n} is its number\r\n"));
            let text: String = lines.collect();
            self.line += text.lines().count();
            self.terminal.append(text.as_bytes());
        }

        fn step(&mut self) {
            work(&mut self.turns, &self.jobs).unwrap();
        }

        /// Until the screen has moved, and the terminal rests again.
        fn turn(&mut self) {
            let before = self.terminal.parsed();
            while self.terminal.parsed() == before || !self.turns.unfinished.is_empty() {
                self.step();
            }
        }

        /// Until nothing is to be done.
        fn finish(&mut self) {
            while !self.turns.unfinished.is_empty() || !self.turns.resting.is_empty() {
                self.step();
            }
        }

        fn behind(&self) -> u64 {
            self.terminal.end() - self.terminal.parsed()
        }

        /// The row above the cursor's.
        fn last(&self) -> String {
            self.terminal.with_screen(|screen| {
                let text = screen.capture(Format::Text, 0, None);
                text.trim_end().lines().last().unwrap().to_owned()
            })
        }
    }

    #[test]
    fn a_floods_last_lines_are_left_until_it_ends() {
        let begun = Instant::now();
        let mut house = House::new();
        house.write(MANY);
        house.turn();
        assert_eq!(house.behind(), 0);
        let mut shown = house.last();
        assert_eq!(shown, format!("{} is its number", MANY - 1));
        let mut parsed = 0;
        for _ in 0..30 {
            house.write(MANY);
            house.turn();
            assert!(house.behind() < 64 * 1024, "{} behind", house.behind());
            let now = house.last();
            parsed += u128::from(now != shown);
            shown = now;
        }
        let most = begun.elapsed().as_millis() / LATEST.as_millis();
        assert!(parsed <= most, "parsed {parsed} times, not {most}");
        house.finish();
        assert_eq!(house.behind(), 0);
        assert_eq!(house.last(), format!("{} is its number", 31 * MANY - 1));
        house.write(1);
        house.turn();
        assert_eq!(house.last(), format!("{} is its number", 31 * MANY));
    }

    #[test]
    fn what_may_not_be_passed_over_is_parsed_at_once() {
        for before in ["\x1b[?1049h", "\x1b[2;20r"] {
            let mut house = House::new();
            house.terminal.append(before.as_bytes());
            for _ in 0..5 {
                house.write(MANY);
                house.turn();
                assert_eq!(house.behind(), 0, "{before:?}");
            }
        }
    }

    #[test]
    fn a_question_in_a_flood_is_answered_while_it_goes_on() {
        let mut house = House::new();
        house.write(MANY);
        house.turn();
        house.write(MANY);
        house.terminal.append(b"\x1b[6n");
        house.write(10);
        house.turn();
        house.write(MANY);
        house.turn();
        let Ok(Input::Data(answer)) = house.answers.try_recv() else {
            panic!("no answer");
        };
        assert_eq!(&answer[..], b"\x1b[24;1R");
    }
}
