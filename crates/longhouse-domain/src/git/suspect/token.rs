//! Tokens whose format says whose they are: a beginning of their own, then so many signs of an alphabet.

/// One format.
struct Format {
    /// How it begins.
    prefix: &'static str,
    /// At least so many signs follow.
    least: usize,
    /// Which signs.
    alphabet: Alphabet,
    what: &'static str,
}

#[derive(Clone, Copy)]
enum Alphabet {
    /// Upper case letters and digits.
    Upper,
    /// Hexadecimal digits in lower case.
    Hex,
    /// Letters and digits.
    Word,
    /// The same with - and _.
    Url,
    /// The same with a dot besides.
    Dotted,
}

/// Fewer different signs than this are a placeholder: `xxxxxxxx`.
const DIFFERENT: usize = 8;

const FORMATS: [Format; 33] = [
    format("AKIA", 16, Alphabet::Upper, "holds an access key of AWS"),
    format("ASIA", 16, Alphabet::Upper, "holds an access key of AWS"),
    format("ghp_", 36, Alphabet::Word, "holds a token of GitHub"),
    format("gho_", 36, Alphabet::Word, "holds a token of GitHub"),
    format("ghu_", 36, Alphabet::Word, "holds a token of GitHub"),
    format("ghs_", 36, Alphabet::Word, "holds a token of GitHub"),
    format("ghr_", 36, Alphabet::Word, "holds a token of GitHub"),
    format("github_pat_", 40, Alphabet::Url, "holds a token of GitHub"),
    format("glpat-", 20, Alphabet::Dotted, "holds a token of GitLab"),
    format("gldt-", 20, Alphabet::Url, "holds a token of GitLab"),
    format("glrt-", 20, Alphabet::Dotted, "holds a token of GitLab"),
    format("ATBB", 28, Alphabet::Word, "holds a token of Bitbucket"),
    format("ATATT3x", 60, Alphabet::Url, "holds a token of Atlassian"),
    format("AIza", 35, Alphabet::Url, "holds an API key of Google"),
    format(
        "GOCSPX-",
        28,
        Alphabet::Url,
        "holds a client secret of Google",
    ),
    format("ya29.", 60, Alphabet::Url, "holds a token of Google"),
    format(
        "sk-ant-",
        40,
        Alphabet::Url,
        "holds an API key of Anthropic",
    ),
    format("sk-proj-", 40, Alphabet::Url, "holds an API key of OpenAI"),
    format("sk_live_", 20, Alphabet::Word, "holds an API key of Stripe"),
    format("rk_live_", 20, Alphabet::Word, "holds an API key of Stripe"),
    format("xoxb-", 30, Alphabet::Url, "holds a token of Slack"),
    format("xoxp-", 30, Alphabet::Url, "holds a token of Slack"),
    format("xapp-", 30, Alphabet::Url, "holds a token of Slack"),
    format("npm_", 36, Alphabet::Word, "holds a token of npm"),
    format("pypi-AgEI", 50, Alphabet::Url, "holds a token of PyPI"),
    format("dckr_pat_", 24, Alphabet::Url, "holds a token of Docker"),
    format("hf_", 34, Alphabet::Word, "holds a token of Hugging Face"),
    format("SG.", 60, Alphabet::Dotted, "holds an API key of SendGrid"),
    format(
        "dop_v1_",
        64,
        Alphabet::Hex,
        "holds a token of DigitalOcean",
    ),
    format("hvs.", 24, Alphabet::Url, "holds a token of Vault"),
    format(
        "AccountKey=",
        80,
        Alphabet::Word,
        "holds an account key of Azure",
    ),
    format(
        "AGE-SECRET-KEY-1",
        58,
        Alphabet::Upper,
        "holds a key of age",
    ),
    format("lin_api_", 40, Alphabet::Word, "holds an API key of Linear"),
];

const fn format(
    prefix: &'static str,
    least: usize,
    alphabet: Alphabet,
    what: &'static str,
) -> Format {
    Format {
        prefix,
        least,
        alphabet,
        what,
    }
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            Self::Word => byte.is_ascii_alphanumeric() || b"+/=".contains(&byte),
            Self::Url => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Self::Dotted => byte.is_ascii_alphanumeric() || b"-_.".contains(&byte),
        }
    }
}

/// What the first token is that stands in `content`.
pub(super) fn find(content: &[u8]) -> Option<&'static str> {
    let mut before = b' ';
    for (at, byte) in content.iter().enumerate() {
        // A token begins where a word does.
        if !before.is_ascii_alphanumeric() && byte.is_ascii_alphabetic() {
            let here = &content[at..];
            let fits = |format: &&Format| format.begins(here);
            if let Some(format) = FORMATS.iter().find(fits) {
                return Some(format.what);
            }
        }
        before = *byte;
    }
    None
}

impl Format {
    fn begins(&self, here: &[u8]) -> bool {
        let Some(rest) = here.strip_prefix(self.prefix.as_bytes()) else {
            return false;
        };
        let length = rest.iter().take_while(|byte| self.alphabet.has(**byte));
        let token = &rest[..length.count()];
        let mut seen = [false; 256];
        token
            .iter()
            .for_each(|byte| seen[usize::from(*byte)] = true);
        let different = seen.iter().filter(|seen| **seen).count();
        token.len() >= self.least && different >= DIFFERENT && !token.ends_with(b"EXAMPLE")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No text of a test is one: it would be found by whoever looks at this repository.
    fn made_up(prefix: &str, length: usize) -> String {
        let signs = "A2B3C4D5E6F7G2H3K4M5";
        format!("{prefix}{}", signs.repeat(length / 20 + 1))
    }

    #[test]
    fn each_format_is_found_in_the_middle_of_a_line() {
        for format in &FORMATS {
            let token = match format.alphabet {
                Alphabet::Hex => format!("{}{}", format.prefix, "0123456789abcdef".repeat(4)),
                _ => made_up(format.prefix, format.least),
            };
            let line = format!("key = \"{token}\"\n");
            assert_eq!(
                find(line.as_bytes()),
                Some(format.what),
                "{}",
                format.prefix
            );
            assert_eq!(
                find(format!("x{token}").as_bytes()),
                None,
                "{}",
                format.prefix
            );
        }
    }

    #[test]
    fn placeholders_and_names_are_none() {
        for harmless in [
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_short",
            "npm_config_registry",
            "let hf_model_name_with_many_parts = 1;",
        ] {
            assert_eq!(find(harmless.as_bytes()), None, "{harmless}");
        }
    }
}
