//! `longhouse token`: API tokens of one's own. The server makes them only for whoever comes by its local socket or has logged
//! in, never for another token.

use http::Method;
use serde::{Deserialize, Serialize};

use crate::cli;
use crate::client::{Client, segment};
use crate::failure::Failure;
use crate::{output, text};

const PATH: &str = "/api/tokens";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    name: String,
    hint: String,
    scopes: Vec<String>,
    expires_at: Option<String>,
    last_used_at: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    items: Vec<Token>,
}

#[derive(Deserialize)]
struct Created {
    token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wish<'a> {
    name: &'a str,
    scopes: &'a [String],
    expires_in_days: Option<u32>,
}

/// Carries out a command.
pub(crate) async fn run(command: &cli::Token, client: &Client) -> Result<u8, Failure> {
    match command {
        cli::Token::Create(arguments) => create(arguments, client).await?,
        cli::Token::Ls => list(client).await?,
        cli::Token::Rm { tokens } => {
            for token in tokens {
                let path = format!("{PATH}/{}", segment(token));
                client.act(Method::DELETE, &path).await?;
                output::print(&format!("{}: deleted\n", text::line(token)))?;
            }
        }
    }
    Ok(0)
}

async fn create(arguments: &cli::NewToken, client: &Client) -> Result<(), Failure> {
    let wish = Wish {
        name: &arguments.name,
        scopes: &arguments.scopes,
        expires_in_days: arguments.expires_in_days,
    };
    let created: Created = client.json(Method::POST, PATH, Some(&wish)).await?;
    output::say("This is shown once; whoever has it may use it:");
    Ok(output::print(&format!("{}\n", text::line(&created.token)))?)
}

async fn list(client: &Client) -> Result<(), Failure> {
    let tokens: Tokens = client.get(PATH).await?;
    let never = || "never".to_owned();
    let rows: Vec<Vec<String>> = tokens
        .items
        .into_iter()
        .map(|token| {
            vec![
                token.name,
                token.hint,
                token.scopes.join(" "),
                token.expires_at.unwrap_or_else(never),
                token.last_used_at.unwrap_or_else(never),
            ]
        })
        .collect();
    let head = ["NAME", "BEGINS", "SCOPES", "EXPIRES", "USED"];
    Ok(output::print(&text::table(&head, &rows))?)
}
