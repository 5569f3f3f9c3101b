//! `longhouse session new`.

use std::collections::BTreeMap;
use std::path::Path;

use http::Method;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{ExitCode, SessionView};
use crate::cli;
use crate::client::Client;
use crate::environment::Environment;
use crate::failure::{Code, Failure};
use crate::{Context, attach, output, text};

/// The body of a creation, with only what was said: the server knows the defaults.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewSession<'a> {
    name: String,
    agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workdir: Option<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    flags: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    secrets: BTreeMap<String, Zeroizing<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multiplexer: Option<&'a str>,
}

pub(super) async fn run(
    arguments: &cli::New,
    client: &Client,
    context: &Context,
) -> Result<ExitCode, Failure> {
    if arguments.attach {
        attach::require_terminal()?;
    }
    let body = body(arguments, context)?;
    let created: serde_json::Value = client
        .json(Method::POST, "/api/sessions", Some(&body))
        .await?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&created).map_err(anyhow::Error::from)?;
        output::print(&format!("{json}\n"))?;
        return Ok(0);
    }
    let session: SessionView = serde_json::from_value(created)
        .map_err(|error| anyhow::anyhow!("the server's answer cannot be used: {error}"))?;
    if arguments.attach {
        let target = attach::Target {
            session: session.id,
            terminal: None,
            access: attach::Access::Write,
        };
        return attach::run(target, client).await;
    }
    let name = text::line(&session.name).into_owned();
    output::print(&format!("{name}: {}\n", session.status.as_str()))?;
    let quoted = if name.contains(' ') {
        format!("\"{name}\"")
    } else {
        name
    };
    output::say(&format!("open it with `longhouse attach {quoted}`"));
    Ok(0)
}

fn body<'a>(arguments: &'a cli::New, context: &Context) -> Result<NewSession<'a>, Failure> {
    let name = arguments
        .name
        .clone()
        .or_else(|| arguments.positional_name.clone());
    let name = match name {
        Some(name) => name,
        None => invented_name(&arguments.agent)?,
    };
    Ok(NewSession {
        name,
        agent: &arguments.agent,
        description: arguments.description.as_deref(),
        workdir: arguments
            .workdir
            .as_deref()
            .map(|dir| absolute(dir, &context.directory))
            .transpose()?,
        flags: &arguments.flags,
        env: variables(&arguments.env, &context.environment)?,
        secrets: secrets(&arguments.secrets, context)?,
        prompt: arguments.prompt.as_deref(),
        mode: arguments.autonomous.then_some("autonomous"),
        multiplexer: arguments.multiplexer.as_deref(),
    })
}

/// The agent's name and four letters: `claude-k3x7`.
fn invented_name(agent: &str) -> Result<String, Failure> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut chance = [0_u8; 4];
    getrandom::fill(&mut chance).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let letters = chance.map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    Ok(format!("{agent}-{}", String::from_iter(letters)))
}

/// A relative directory is meant from here; the server stands elsewhere.
fn absolute(dir: &Path, here: &Path) -> Result<String, Failure> {
    let usage = |message: String| Failure::new(Code::Usage, anyhow::anyhow!(message));
    let dir = here.join(dir);
    let clean: std::path::PathBuf = dir
        .components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
        .collect();
    clean
        .into_os_string()
        .into_string()
        .map_err(|dir| usage(format!("{} is not UTF-8", dir.display())))
}

/// `NAME=VALUE`, or `NAME` for the value that it has here: so a secret need not stand on a command line.
fn variables(
    given: &[String],
    environment: &Environment,
) -> Result<BTreeMap<String, String>, Failure> {
    given
        .iter()
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => match environment.get(pair) {
                Some(value) => Ok((pair.clone(), value.to_owned())),
                None => Err(Failure::new(
                    Code::Usage,
                    anyhow::anyhow!("--env {}: no such variable here", text::line(pair)),
                )),
            },
        })
        .collect()
}

/// `NAME=FILE` for a file's content, or `NAME` for the variable's value here: a value never stands on a command line.
fn secrets(
    given: &[String],
    context: &Context,
) -> Result<BTreeMap<String, Zeroizing<String>>, Failure> {
    let usage = |message: String| Failure::new(Code::Usage, anyhow::anyhow!(message));
    let one = |given: &String| match given.split_once('=') {
        Some((name, file)) => {
            let text = std::fs::read_to_string(context.directory.join(file))
                .map_err(|error| usage(format!("--secret {}: {error}", text::line(given))))?;
            Ok((name.to_owned(), Zeroizing::new(text)))
        }
        None => match context.environment.get(given) {
            Some(value) => Ok((given.clone(), Zeroizing::new(value.to_owned()))),
            None => Err(usage(format!(
                "--secret {}: no such variable here; write NAME=FILE for a file",
                text::line(given)
            ))),
        },
    };
    given.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_meant_from_here() {
        let here = Path::new("/home/ada/src");
        let made = |dir: &str| absolute(Path::new(dir), here).unwrap();
        assert_eq!(made("."), "/home/ada/src");
        assert_eq!(made("a/./b"), "/home/ada/src/a/b");
        assert_eq!(made("/srv"), "/srv");
    }

    #[test]
    fn a_variable_without_a_value_is_taken_from_here() {
        let environment: Environment = [("TOKEN".to_owned(), "t".to_owned())].into_iter().collect();
        let given = ["A=b=c".to_owned(), "TOKEN".to_owned(), "E=".to_owned()];
        let made = variables(&given, &environment).unwrap();
        let expected = [("A", "b=c"), ("E", ""), ("TOKEN", "t")];
        assert_eq!(
            made,
            expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into()
        );
        assert!(variables(&["ABSENT".to_owned()], &environment).is_err());
    }
}
