//! The tables: printed, and written between two marks each into the page that people read.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::peer::Peer;
use crate::samples::Samples;

/// The name of what all others are compared with.
pub(crate) const OURS: &str = "Longhouse";

/// One table, in the order of measuring.
#[derive(Debug)]
pub(crate) struct Report {
    /// The table's name in the page.
    name: &'static str,
    rows: Vec<Row>,
    /// What could not be measured.
    missed: Vec<String>,
}

#[derive(Debug)]
struct Row {
    what: String,
    who: String,
    unit: &'static str,
    samples: Samples,
    /// What the machine can do at the best, measured in the same run.
    limit: Option<f64>,
}

impl Report {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            rows: Vec::new(),
            missed: Vec::new(),
        }
    }

    /// A row: what was measured of whom, and what the same run's limit is where there is one. Said at once, for the whole takes minutes.
    pub(crate) fn row(
        &mut self,
        what: &str,
        who: &str,
        unit: &'static str,
        samples: Samples,
        limit: Option<f64>,
    ) {
        let median = number(samples.median());
        crate::say(&format!("{who}: {what}: {median} {unit}"));
        self.rows.push(Row {
            what: what.to_owned(),
            who: who.to_owned(),
            unit,
            samples,
            limit,
        });
    }

    /// Puts together what was measured of everybody, in the order in which it was measured of the first.
    pub(crate) fn sort(&mut self) {
        let mut order: Vec<String> = Vec::new();
        for row in &self.rows {
            if !order.contains(&row.what) {
                order.push(row.what.clone());
            }
        }
        self.rows
            .sort_by_key(|row| order.iter().position(|what| *what == row.what));
    }

    /// Whether something was measured. What breaks another program's measure leaves its rows out, and is told below the table; half an hour of the others' is not
    /// lost with it.
    pub(crate) fn or_missed(&mut self, what: &str, peer: Peer, measured: Result<()>) -> Result<()> {
        let who = peer.name();
        let measured = measured.with_context(|| format!("{who}: {what}"));
        let Err(error) = measured else { return Ok(()) };
        if peer.is_ours() {
            return Err(error);
        }
        let missed = format!("{error:#}");
        crate::say(&format!("not measured: {missed}"));
        self.missed.push(missed);
        Ok(())
    }

    /// What was measured of Longhouse for the same thing.
    fn ours(&self, what: &str) -> Option<f64> {
        let ours = self
            .rows
            .iter()
            .find(|row| row.what == what && row.who == OURS);
        ours.map(|row| row.samples.median())
    }

    fn table(&self) -> String {
        let mut text = format!(
            "| measure | of | unit | median | least to most | ÷ the limit | ÷ {OURS} |\n| --- | --- | --- | --- | --- | --- | --- |\n"
        );
        for row in &self.rows {
            let median = row.samples.median();
            let ratio = |to: Option<f64>| match to {
                Some(to) if to > 0.0 => format!("{:.2}", median / to),
                _ => String::new(),
            };
            let ours = self.ours(&row.what).filter(|_| row.who != OURS);
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} to {} | {} | {} |",
                row.what,
                row.who,
                row.unit,
                number(median),
                number(row.samples.least()),
                number(row.samples.most()),
                ratio(row.limit),
                ratio(ours),
            );
        }
        for missed in &self.missed {
            let _ = write!(text, "\nNot measured: {missed}.\n");
        }
        text
    }

    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    pub(crate) fn print(&self) {
        println!("{}", self.table());
    }

    /// Replaces the table in the page.
    pub(crate) fn write(&self, path: &str) -> Result<()> {
        let begin = format!(
            "<!-- {}: begin (written by `cargo xtask bench`) -->",
            self.name
        );
        let end = format!("<!-- {}: end -->", self.name);
        let page = std::fs::read_to_string(path).with_context(|| format!("no page {path}"))?;
        let (head, rest) = page
            .split_once(&begin)
            .with_context(|| format!("{path} has no mark for the table {}", self.name))?;
        let (_, tail) = rest
            .split_once(&end)
            .with_context(|| format!("{path} has no end mark for the table {}", self.name))?;
        let table = self.table();
        std::fs::write(path, format!("{head}{begin}\n\n{table}\n{end}{tail}"))?;
        Ok(())
    }
}

fn number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}
