//! Git as people type it, from a closed list: which commands, which of their options, and what may follow. What is not on the list is refused,
//! and says so; so nothing that a command line holds can make git run a program, leave the repository, or write a file that it names.
//!
//! Pushing, pulling, fetching and cloning are not told to git so, see [`TypedGit`].

mod exchange;
mod table;

use serde::{Deserialize, Serialize};

use super::{BranchName, GitPath, Revision};
pub use exchange::{Exchange, TypedClone, TypedGit};
use table::{Operands, RULES, Rule, Takes};

/// The most words of a command line, and of each word the most bytes.
const WORDS: usize = 500;
const WORD_BYTES: usize = 16 * 1024;

/// A command line whose every word was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Typed", into = "Typed")]
pub struct CommandLine {
    typed: Typed,
    words: Vec<String>,
    paths: Vec<GitPath>,
    changes: bool,
}

/// As it was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    command: String,
    args: Vec<String>,
}

/// That is not on the list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCommandLine {
    /// The command.
    #[error("is none of the commands that are allowed: {}", table::names())]
    Command,
    /// The word of that number, and why.
    #[error("{1}")]
    Word(usize, String),
}

impl CommandLine {
    /// Judges a command line.
    ///
    /// # Errors
    /// With the first word that is not on the list.
    pub fn new(command: &str, args: &[String]) -> Result<Self, BadCommandLine> {
        let rule = RULES
            .iter()
            .find(|rule| rule.name == command)
            .ok_or(BadCommandLine::Command)?;
        let reading = Reading::of(rule, args)?;
        let fixed = rule.fixed.iter().map(|word| (*word).to_owned());
        let words = [command.to_owned()]
            .into_iter()
            .chain(fixed)
            .chain(reading.words)
            .collect();
        Ok(Self {
            typed: Typed {
                command: command.to_owned(),
                args: args.to_owned(),
            },
            words,
            paths: reading.paths,
            changes: rule.changes,
        })
    }

    /// The command, without its words.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.typed.command
    }

    /// Whether this word was typed behind it.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.typed.args.iter().any(|typed| typed == word)
    }

    /// Whether it may change something.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.changes
    }

    /// What git is told.
    #[must_use]
    pub fn arguments(&self) -> Vec<Vec<u8>> {
        let words = self.words.iter().map(|word| word.as_bytes().to_vec());
        let end = (!self.paths.is_empty()).then(|| b"--".to_vec());
        let paths = self.paths.iter().map(|path| path.as_bytes().to_vec());
        words.chain(end).chain(paths).collect()
    }
}

impl TryFrom<Typed> for CommandLine {
    type Error = BadCommandLine;

    fn try_from(typed: Typed) -> Result<Self, BadCommandLine> {
        Self::new(&typed.command, &typed.args)
    }
}

impl From<CommandLine> for Typed {
    fn from(line: CommandLine) -> Self {
        line.typed
    }
}

struct Reading<'a> {
    rule: &'a Rule,
    args: &'a [String],
    at: usize,
    words: Vec<String>,
    paths: Vec<GitPath>,
    /// What follows the options where the command judges that itself, each with its place.
    others: Vec<(usize, &'a str)>,
}

impl<'a> Reading<'a> {
    fn of(rule: &'a Rule, args: &'a [String]) -> Result<Self, BadCommandLine> {
        if args.len() > WORDS {
            return Err(BadCommandLine::Word(
                WORDS,
                format!("there are more than {WORDS} words"),
            ));
        }
        let mut reading = Self {
            rule,
            args,
            at: 0,
            words: Vec::new(),
            paths: Vec::new(),
            others: Vec::new(),
        };
        reading.read()?;
        Ok(reading)
    }

    fn read(&mut self) -> Result<(), BadCommandLine> {
        while let Some(word) = self.args.get(self.at) {
            if word.len() > WORD_BYTES || word.contains('\0') {
                return Err(self.wrong("is too long, or holds NUL"));
            }
            if word == "--" {
                return self.rest_is_paths();
            }
            if word.starts_with('-') {
                self.option(word)?;
            } else {
                self.operand(word)?;
            }
            self.at += 1;
        }
        Ok(())
    }

    fn rest_is_paths(&mut self) -> Result<(), BadCommandLine> {
        self.at += 1;
        if matches!(self.rule.operands, Operands::Others) {
            let rest = self.args.iter().enumerate().skip(self.at);
            self.others
                .extend(rest.map(|(at, word)| (at, word.as_str())));
            self.at = self.args.len();
            return Ok(());
        }
        if !self.rule.takes_paths() && self.at < self.args.len() {
            return Err(self.wrong("this command takes no paths"));
        }
        while let Some(word) = self.args.get(self.at) {
            self.path(word)?;
            self.at += 1;
        }
        Ok(())
    }

    fn path(&mut self, word: &str) -> Result<(), BadCommandLine> {
        let path = GitPath::try_from(word.as_bytes().to_vec());
        self.paths
            .push(path.map_err(|error| self.wrong(&error.to_string()))?);
        Ok(())
    }

    /// `--name`, `--name=value`, `--name value`, `-n value`, `-n5`.
    fn option(&mut self, word: &str) -> Result<(), BadCommandLine> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (word, None),
        };
        if let Some((_, takes)) = self.rule.options.iter().find(|(known, _)| *known == name) {
            return match (takes, value) {
                (Takes::Nothing, None) => self.keep(name.to_owned()),
                (Takes::Maybe(allowed), None) if !allowed.is_empty() => self.keep(name.to_owned()),
                (Takes::Nothing, Some(_)) => Err(self.wrong("this option takes no value")),
                (takes, Some(value)) => self.value(name, value, takes),
                (takes, None) => {
                    self.at += 1;
                    let value = self.args.get(self.at).cloned();
                    let value =
                        value.ok_or_else(|| self.wrong("the option before needs a value"))?;
                    self.value(name, &value, takes)
                }
            };
        }
        let short = self.rule.options.iter().find(|(known, takes)| {
            known.len() == 2
                && matches!(takes, Takes::Number)
                && word.strip_prefix(known).is_some_and(is_number)
        });
        match short {
            Some(_) => self.keep(word.to_owned()),
            None => Err(self.wrong("is none of the options that are allowed here")),
        }
    }

    /// An option and its value: in one word, so that the value is never taken for an option.
    fn value(&mut self, name: &str, value: &str, takes: &Takes) -> Result<(), BadCommandLine> {
        let fits = match takes {
            Takes::Nothing => false,
            Takes::Number => is_number(value),
            Takes::Text => !value.is_empty() && value.len() <= WORD_BYTES,
            Takes::Commit => value.parse::<Revision>().is_ok(),
            Takes::Maybe(allowed) => allowed.contains(&value),
            Takes::Branch => value.parse::<BranchName>().is_ok(),
        };
        if !fits || value.contains('\0') {
            return Err(self.wrong("is no value that this option takes"));
        }
        let joined = if name.starts_with("--") { "=" } else { "" };
        match takes {
            // These are git's operands in truth.
            Takes::Branch => {
                self.words.push(name.to_owned());
                self.keep(value.to_owned())
            }
            _ => self.keep(format!("{name}{joined}{value}")),
        }
    }

    fn operand(&mut self, word: &'a str) -> Result<(), BadCommandLine> {
        let fits = match self.rule.operands {
            Operands::Paths => return self.path(word),
            Operands::Others => {
                self.others.push((self.at, word));
                return Ok(());
            }
            Operands::Commits => word.split("..").all(|side| {
                let side = side.strip_prefix('.').unwrap_or(side);
                side.is_empty() || side.parse::<Revision>().is_ok()
            }),
            Operands::Branches => {
                word.parse::<BranchName>().is_ok() || word.parse::<Revision>().is_ok()
            }
            Operands::Words(allowed) => match self
                .words
                .iter()
                .any(|word| allowed.contains(&word.as_str()))
            {
                false => allowed.contains(&word),
                true => is_number(word) || word.parse::<Revision>().is_ok(),
            },
            Operands::Setting => return self.setting(word),
        };
        if fits {
            self.keep(word.to_owned())
        } else {
            Err(self.wrong("cannot stand here"))
        }
    }

    /// `git config`: what a setting is may be asked of any, changed of a few.
    fn setting(&mut self, word: &str) -> Result<(), BadCommandLine> {
        let asked = self.words.iter().any(|word| word == "--get");
        let named = self
            .words
            .iter()
            .find(|word| !word.starts_with('-'))
            .cloned();
        let is_key = word.contains('.')
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-_/".contains(&b));
        let fits = match named {
            None if asked => is_key,
            None => table::SETTINGS.contains(&word.to_ascii_lowercase().as_str()),
            Some(_) => !asked && !word.chars().any(char::is_control) && word.len() <= 300,
        };
        if fits {
            self.keep(word.to_owned())
        } else {
            Err(self.wrong(&format!(
                "is no setting that may be changed here: {}",
                table::SETTINGS.join(", ")
            )))
        }
    }

    fn keep(&mut self, word: String) -> Result<(), BadCommandLine> {
        self.words.push(word);
        Ok(())
    }

    fn wrong(&self, why: &str) -> BadCommandLine {
        BadCommandLine::Word(self.at, why.to_owned())
    }
}

fn is_number(text: &str) -> bool {
    (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests;
