//! What a check found, and how the findings are shown.

use std::fmt::Write as _;

use serde::Serialize;

use crate::text;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// Longhouse works, but something is missing or risky.
    Warn,
    /// Longhouse does not work.
    Fail,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) name: String,
    /// How it is.
    pub(super) state: State,
    /// In words.
    pub(super) detail: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mend: Option<String>,
}

impl Finding {
    /// All is well.
    pub(super) fn ok(name: &str, detail: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            state: State::Ok,
            detail: detail.into(),
            mend: None,
        }
    }

    /// Something is missing or risky.
    pub(super) fn warn(name: &str, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            state: State::Warn,
            mend: Some(mend.into()),
            ..Self::ok(name, detail)
        }
    }

    /// Longhouse does not work like this.
    pub(super) fn fail(name: &str, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            state: State::Fail,
            ..Self::warn(name, detail, mend)
        }
    }
}

/// For people.
pub(super) fn text(findings: &[Finding]) -> String {
    let widest = findings
        .iter()
        .map(|finding| finding.name.chars().count())
        .max();
    let width = widest.unwrap_or(0);
    let mut report = String::new();
    for finding in findings {
        let state = match finding.state {
            State::Ok => "ok  ",
            State::Warn => "warn",
            State::Fail => "FAIL",
        };
        let (name, detail) = (text::line(&finding.name), text::line(&finding.detail));
        _ = writeln!(report, "{state}  {name:<width$}  {detail}");
        if let Some(mend) = &finding.mend {
            _ = writeln!(report, "      {:<width$}  → {}", "", text::line(mend));
        }
    }
    let count = |state| {
        findings
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    };
    let (warnings, failures) = (count(State::Warn), count(State::Fail));
    let verdict = match (failures, warnings) {
        (0, 0) => "Everything is well.".to_owned(),
        (0, n) => format!("Longhouse works here; {n} thing(s) to look at."),
        (n, _) => format!("{n} thing(s) to mend first."),
    };
    _ = writeln!(report, "\n{verdict}");
    report
}

/// For programs.
pub(super) fn json(findings: &[Finding]) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(findings)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_says_how_it_is_and_how_to_mend_it() {
        let findings = [
            Finding::ok("git", "2.47"),
            Finding::fail("disk", "full", "make room"),
        ];
        assert_eq!(
            text(&findings),
            "ok    git   2.47\nFAIL  disk  full\n            → make room\n\n1 thing(s) to mend first.\n"
        );
        assert!(json(&findings).unwrap().contains("\"state\": \"fail\""));
    }
}
