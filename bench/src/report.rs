//! The table: printed, and written between two marks into the page that people read.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::samples::Samples;

const BEGIN: &str = "<!-- bench: begin (written by `cargo xtask bench`) -->";
const END: &str = "<!-- bench: end -->";

/// Rows of the table, in the order of measuring.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<[String; 5]>,
}

impl Report {
    /// A row: what, in which unit, the measurements, and the ratio to the limit of the same run where there is one.
    pub(crate) fn row(
        &mut self,
        what: &str,
        unit: &str,
        samples: &Samples,
        ratio: Option<(&str, f64)>,
    ) {
        let spread = format!("{} to {}", number(samples.least()), number(samples.most()));
        let ratio = ratio
            .map(|(to, ratio)| format!("{ratio:.2} × {to}"))
            .unwrap_or_default();
        self.rows.push([
            what.to_owned(),
            unit.to_owned(),
            number(samples.median()),
            spread,
            ratio,
        ]);
    }

    fn table(&self) -> String {
        let mut text = String::from(
            "| measure | unit | median | least to most | ratio |\n| --- | --- | --- | --- | --- |\n",
        );
        for row in &self.rows {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        text
    }

    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    pub(crate) fn print(&self) {
        println!("{}", self.table());
    }

    /// Replaces the table in the page.
    pub(crate) fn write(&self, path: &str) -> Result<()> {
        let page = std::fs::read_to_string(path).with_context(|| format!("no page {path}"))?;
        let (head, rest) = page
            .split_once(BEGIN)
            .with_context(|| format!("{path} has no mark for the table"))?;
        let (_, tail) = rest
            .split_once(END)
            .with_context(|| format!("{path} has no end mark for the table"))?;
        std::fs::write(
            path,
            format!("{head}{BEGIN}\n\n{}\n{END}{tail}", self.table()),
        )?;
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
