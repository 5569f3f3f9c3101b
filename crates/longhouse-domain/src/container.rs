//! What a session's container may be: image, template, limits, network. A closed vocabulary, checked where it is read; nothing that a
//! container engine understands passes through it.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::egress::AllowList;
use crate::id::UserId;
use crate::publish::PublishedPort;

/// The longest reference of an image, bytes: as registries have it.
const IMAGE_BYTES: usize = 255;

/// The name of an image, with its registry, tag and digest where it has them. It is text of a grammar that holds nothing but names, so it
/// can stand in a path of the engine's API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageName(String);

/// What is wrong with an image's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no name of an image: [registry[:port]/]name[:tag][@sha256:digest], the name in small letters, digits, '.', '_', '-' and '/'"
)]
pub struct BadImageName;

/// The image that `deploy/images` makes. No registry has it.
const WORKSPACE_IMAGE: &str = "longhouse-workspace";

impl ImageName {
    /// What sessions are made from where nobody says otherwise.
    #[must_use]
    pub fn workspace() -> Self {
        Self(format!("{WORKSPACE_IMAGE}:latest"))
    }

    /// Whether it is the project's own image, in whatever version.
    #[must_use]
    pub fn is_workspace(&self) -> bool {
        let rest = self.0.strip_prefix(WORKSPACE_IMAGE);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '@']))
    }

    /// As the engine reads it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ImageName {
    type Err = BadImageName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > IMAGE_BYTES {
            return Err(BadImageName);
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon after the last slash begins a tag; one before it, a registry's port.
        let name_at = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match rest[name_at..].split_once(':') {
            Some((name, tag)) => (&rest[..name_at + name.len()], Some(tag)),
            None => (rest, None),
        };
        let (registry, path) = match path.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => {
                (Some(first), path)
            }
            _ => (None, path),
        };
        let fits = path.split('/').all(is_path_part)
            && registry.is_none_or(is_registry)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest);
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadImageName)
        }
    }
}

impl TryFrom<String> for ImageName {
    type Error = BadImageName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ImageName> for String {
    fn from(name: ImageName) -> Self {
        name.0
    }
}

/// Small letters and digits, with single separators (or two underscores, or any number of hyphens) between them.
fn is_path_part(part: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = part
        .split(alphanumeric)
        .filter(|between| !between.is_empty());
    let separated = |between: &str| {
        matches!(between, "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
    };
    part.starts_with(alphanumeric) && part.ends_with(alphanumeric) && {
        let mut separators = separators;
        separators.all(separated)
    }
}

fn is_registry(registry: &str) -> bool {
    let (host, port) = match registry.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (registry, None),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    host.split('.').all(is_label)
        && port.is_none_or(|port| {
            (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit())
        })
}

fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=128).contains(&tag.len())
        && tag.starts_with(word)
        && tag.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}

fn is_digest(digest: &str) -> bool {
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    digest
        .strip_prefix("sha256:")
        .is_some_and(|hash| hash.len() == 64 && hash.bytes().all(hex))
}

/// What a container is made for. It chooses the agent that runs in it, and may loosen a single point of the hardening by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    /// Claude Code.
    Claude,
    /// An editor in the browser.
    Vscode,
    /// Both of them.
    Both,
    /// A plain shell.
    Shell,
    /// A plain shell whose container may be written to outside the workspace too; what is written there goes when the session stops.
    WritableRoot,
}

/// A point of the hardening that a template gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loosening {
    /// The container's own file system can be written to.
    WritableRoot,
}

impl Loosening {
    /// As shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WritableRoot => "writable-root",
        }
    }
}

impl Template {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Claude,
        Self::Vscode,
        Self::Both,
        Self::Shell,
        Self::WritableRoot,
    ];

    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Vscode => "vscode",
            Self::Both => "both",
            Self::Shell => "shell",
            Self::WritableRoot => "writable-root",
        }
    }

    /// The template of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// The agent of a session that names none.
    #[must_use]
    pub fn agent(self) -> &'static str {
        match self {
            Self::Claude | Self::Both => "claude",
            Self::Vscode | Self::Shell | Self::WritableRoot => "shell",
        }
    }

    /// What it gives up.
    #[must_use]
    pub fn loosens(self) -> &'static [Loosening] {
        match self {
            Self::WritableRoot => &[Loosening::WritableRoot],
            Self::Claude | Self::Vscode | Self::Both | Self::Shell => &[],
        }
    }
}

/// Where the programs of a container may connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// Nowhere: it has no network at all.
    None,
    /// To the host that its repository is on, by way of the server: a list with that one entry.
    Git,
    /// To what a list names, by way of the server. The container itself has no network: a program that does not take that way reaches
    /// nothing.
    AllowList,
    /// Anywhere but to other sessions.
    Open,
}

impl Network {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Git => "git",
            Self::AllowList => "allowlist",
            Self::Open => "open",
        }
    }
}

/// How much a container may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Thousandths of a core.
    pub cpu_millis: u32,
    /// Memory and swap together, MiB.
    pub memory_mb: u32,
    /// Processes and threads.
    pub pids: u32,
}

impl Limits {
    /// What a session gets that asks for nothing: a build with a language server and an agent fits.
    pub const DEFAULT: Self = Self {
        cpu_millis: 2_000,
        memory_mb: 4_096,
        pids: 512,
    };
    /// Below this nothing useful starts: sessiond, its init and a shell.
    pub const LEAST: Self = Self {
        cpu_millis: 50,
        memory_mb: 64,
        pids: 16,
    };
    /// The least that a limit of the disk may be, MiB: a home with its settings fits.
    pub const LEAST_DISK_MB: u32 = 16;
    /// The most processes; a machine has some millions of them for all.
    pub const MOST_PIDS: u32 = 32_768;

    /// No more of anything than `most`.
    #[must_use]
    pub fn within(self, most: Self) -> Self {
        Self {
            cpu_millis: self.cpu_millis.min(most.cpu_millis),
            memory_mb: self.memory_mb.min(most.memory_mb),
            pids: self.pids.min(most.pids),
        }
    }
}

/// What was asked for of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerSpec {
    /// What it is made for.
    pub template: Template,
    /// What it is made from.
    pub image: ImageName,
    /// How much it may take.
    pub limits: Limits,
    /// How much it may have on disk in its workspace and its home, MiB; no bound, if absent.
    #[serde(default)]
    pub disk_mb: Option<u32>,
    /// Where it may connect to.
    pub network: Network,
    /// What it may reach by way of the server, with [`Network::AllowList`] and [`Network::Git`].
    #[serde(default)]
    pub allow_hosts: AllowList,
    /// Whose right to the host lets it reach what of that list is not on the public internet; the owner's, if absent.
    #[serde(default)]
    pub inside_by: Option<UserId>,
    /// Which of its ports are reached on the server's machine, and where.
    #[serde(default)]
    pub ports: Vec<PublishedPort>,
}

impl ContainerSpec {
    /// What is reached by way of the server, where that is the way out.
    #[must_use]
    pub fn way_out(&self) -> Option<&AllowList> {
        match self.network {
            Network::AllowList | Network::Git => Some(&self.allow_hosts),
            Network::None | Network::Open => None,
        }
    }
}
