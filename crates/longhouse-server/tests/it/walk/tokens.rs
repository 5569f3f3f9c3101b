//! Every route, asked with API tokens: one of each scope alone, one of all scopes, and one of all but the scope that the route
//! asks for. They are an admin's, so that nothing but their scopes can be what stops them.

use longhouse_domain::Scope;
use serde_json::Value;

use super::cases::{Case, Tokens, cases};
use super::cast::{CAST, Cast};
use super::routes::{ask, prepare, renewed};
use crate::house::House;

/// A token and what it is good for.
struct Token {
    scopes: Vec<Scope>,
    text: String,
}

impl Token {
    async fn new(house: &House, cast: &Cast, scopes: Vec<Scope>) -> Self {
        let names: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        let name = format!("walk-{}", cast.number());
        Self {
            text: house.api_token(cast.admin(), &name, &names).await,
            scopes,
        }
    }

    fn name(&self) -> String {
        let names: Vec<_> = self.scopes.iter().map(|scope| scope.as_str()).collect();
        names.join(" ")
    }

    /// The code with which the route refuses it, where it does.
    fn refusal(&self, route: Tokens) -> Option<&'static str> {
        match route {
            Tokens::None => Some("auth.not_with_token"),
            Tokens::With(scope) if !self.scopes.contains(&scope) => Some("auth.scope"),
            Tokens::With(_) | Tokens::Any => None,
        }
    }
}

/// Each scope alone, all of them, and all but each.
async fn every_set(house: &House, cast: &Cast) -> Vec<Token> {
    let mut sets: Vec<Vec<Scope>> = Scope::ALL.iter().map(|scope| vec![*scope]).collect();
    sets.extend(Scope::ALL.iter().map(|one| {
        let others = Scope::ALL.iter().filter(|scope| *scope != one);
        others.copied().collect()
    }));
    sets.push(Scope::ALL.to_vec());
    let mut tokens = Vec::new();
    for scopes in sets {
        tokens.push(Token::new(house, cast, scopes).await);
    }
    tokens
}

/// Whether this one tells something of the route that the others do not: of those that have the route's scope one alone and one
/// of all are enough.
fn matters(token: &Token, case: &Case) -> bool {
    let much = token.scopes.len() > 1 && token.scopes.len() < Scope::ALL.len();
    !much || matches!(case.tokens, Tokens::With(scope) if !token.scopes.contains(&scope))
}

#[tokio::test]
async fn a_route_opens_to_api_tokens_of_its_scope_alone() {
    let house = House::with_containers().await;
    let cast = Cast::assemble(&house).await;
    let tokens = every_set(&house, &cast).await;
    let mut wrong = Vec::new();
    for case in cases() {
        let mut ground = prepare(&house, &cast, &case).await;
        for token in tokens.iter().filter(|token| matters(token, &case)) {
            let bearer = Some(token.text.as_str());
            let (status, body, _) = ask(&house, &cast, bearer, &case, &ground, "walk").await;
            let said: Value = serde_json::from_str(&body).unwrap_or_default();
            let refused = said["code"].as_str().filter(|_| status == 403);
            let expected = match token.refusal(case.tokens) {
                Some(code) => (403, Some(code)),
                // As its owner, who is an admin.
                None => (case.expected[CAST - 1], None),
            };
            if (status, refused) != expected {
                wrong.push(format!(
                    "{} {} with {}: {status} {refused:?} in place of {expected:?}: {body}",
                    case.method,
                    case.path,
                    token.name()
                ));
            }
            ground = renewed(&house, &cast, &case, ground, (status, &body)).await;
        }
        cast.forget(&house, &ground).await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    house.close().await;
}
