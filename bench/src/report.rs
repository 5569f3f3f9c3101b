//! The table: printed, and written between two marks into the page that people read.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::samples::Samples;

/// Rows of one table, in the order of measuring.
#[derive(Debug)]
pub(crate) struct Report {
    /// The table's name in the page.
    name: &'static str,
    rows: Vec<[String; 5]>,
}

impl Report {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            rows: Vec::new(),
        }
    }

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
