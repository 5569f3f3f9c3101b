//! The commands that another repository has to answer for, as people type them. Git is not told these lines: they are read into
//! [`Operation`]s, whose address is the stored one and not the line's, which force nothing, and which know no more options than these.

use super::table::{EXCHANGES, Rule};
use super::{BadCommandLine, CommandLine, Reading};
use crate::git::{BranchName, Operation, PullWay, Repository, RepositoryUrl};
use crate::working_copy::CopyPath;

/// A line of git as people type it, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedGit {
    /// It needs nothing but the repository.
    Line(CommandLine),
    /// The repository that this one comes from has to answer for it.
    Exchange(Exchange),
    /// It makes another repository.
    Clone(TypedClone),
}

/// What a repository and the one that it comes from are to have of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// All that the other one has.
    Fetch,
    /// What a branch has over there is joined; its namesake's, if none is named.
    Pull(Option<BranchName>, PullWay),
    /// The other one gets a branch; the one that the working tree stands on, if none is named.
    Push(Option<BranchName>),
}

/// A clone to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedClone {
    /// Of what.
    pub repository: Repository,
    /// Where, from the place on where it was typed.
    pub directory: CopyPath,
}

impl TypedGit {
    /// Judges a line.
    ///
    /// # Errors
    /// With the first word that is not on the list.
    pub fn read(command: &str, args: &[String]) -> Result<Self, BadCommandLine> {
        let Some(rule) = EXCHANGES.iter().find(|rule| rule.name == command) else {
            return CommandLine::new(command, args).map(Self::Line);
        };
        Ok(match rule.name {
            "clone" => Self::Clone(clone(&Reading::of(rule, args)?)?),
            _ => Self::Exchange(exchange(rule, args)?),
        })
    }
}

impl Exchange {
    /// With the repository at this address, or with the one that the repository has for `origin`.
    #[must_use]
    pub fn with(self, url: Option<RepositoryUrl>) -> Operation {
        match self {
            Self::Fetch => Operation::Fetch(url),
            Self::Pull(None, way) => Operation::Pull(url, way),
            Self::Pull(Some(branch), way) => Operation::PullBranch(url, branch, way),
            Self::Push(None) => Operation::Push(url),
            Self::Push(Some(branch)) => Operation::PushBranch(url, branch),
        }
    }
}

fn exchange(rule: &Rule, args: &[String]) -> Result<Exchange, BadCommandLine> {
    let forces =
        |word: &String| word.starts_with("--force") || word == "-f" || word.starts_with('+');
    if let Some(at) = args.iter().position(forces) {
        return Err(wrong(at, "nothing is ever forced"));
    }
    let reading = Reading::of(rule, args)?;
    let mut others = reading.others.iter().copied();
    if let Some((at, remote)) = others.next()
        && remote != "origin"
    {
        return Err(wrong(
            at,
            "only origin can stand here, which is the stored address whatever the repository's settings say",
        ));
    }
    let branch = others.next();
    if let Some((at, _)) = others.next() {
        return Err(wrong(at, "one branch at a time"));
    }
    match (rule.name, branch) {
        ("push", None | Some((_, "HEAD"))) => Ok(Exchange::Push(None)),
        ("push", Some(branch)) => Ok(Exchange::Push(Some(named(branch)?))),
        ("pull", branch) => Ok(Exchange::Pull(
            branch.map(named).transpose()?,
            way(&reading),
        )),
        (_, Some((at, _))) => Err(wrong(at, "all branches are fetched at once: leave it out")),
        (_, None) => Ok(Exchange::Fetch),
    }
}

fn named((at, name): (usize, &str)) -> Result<BranchName, BadCommandLine> {
    let branch = name.parse::<BranchName>();
    branch.map_err(|error| {
        wrong(
            at,
            &format!("{error}; over there it has the same name, so none stands behind a colon"),
        )
    })
}

/// The last word on it counts. Without any nothing is joined that needs a decision, as git has it.
fn way(reading: &Reading<'_>) -> PullWay {
    let said = reading
        .words
        .iter()
        .rev()
        .find_map(|word| match word.as_str() {
            "--ff-only" => Some(PullWay::FastForward),
            "--rebase" | "-r" | "--rebase=true" => Some(PullWay::Rebase),
            "--no-rebase" | "--rebase=false" | "--ff" => Some(PullWay::Merge),
            _ => None,
        });
    said.unwrap_or_default()
}

fn clone(reading: &Reading<'_>) -> Result<TypedClone, BadCommandLine> {
    let mut others = reading.others.iter().copied();
    let Some((at, url)) = others.next() else {
        return Err(wrong(
            reading.args.len(),
            "the address of a repository is missing",
        ));
    };
    let url = url.parse::<RepositoryUrl>();
    let url = url.map_err(|error| wrong(at, &error.to_string()))?;
    let (at, directory) = others.next().unwrap_or((at, last_name(&url)));
    if let Some((at, _)) = others.next() {
        return Err(wrong(at, "nothing can stand here"));
    }
    let directory = directory.parse::<CopyPath>();
    let directory = directory.map_err(|error| wrong(at, &error.to_string()))?;
    if directory.is_workspace() {
        return Err(wrong(
            at,
            "must name a new directory: a session whose workspace is a clone is made with repoUrl",
        ));
    }
    let mut repository = Repository {
        url,
        branch: None,
        depth: None,
        submodules: false,
    };
    let mut words = reading.words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-b" | "--branch" => {
                repository.branch = words.next().and_then(|name| name.parse().ok())
            }
            "--recurse-submodules" => repository.submodules = true,
            word => {
                if let Some(depth) = word.strip_prefix("--depth=") {
                    let depth = depth
                        .parse()
                        .map_err(|_| wrong(0, "--depth must be at least 1"))?;
                    repository.depth = Some(depth);
                }
            }
        }
    }
    Ok(TypedClone {
        repository,
        directory,
    })
}

/// What git calls the directory where nobody says.
fn last_name(url: &RepositoryUrl) -> &str {
    let path = url.path().trim_end_matches('/');
    let name = path.rsplit(['/', ':']).next().unwrap_or_default();
    name.strip_suffix(".git").unwrap_or(name)
}

fn wrong(at: usize, why: &str) -> BadCommandLine {
    BadCommandLine::Word(at, why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TypedGit, BadCommandLine> {
        let mut words = text.split(' ').map(str::to_owned);
        let command = words.next().unwrap();
        TypedGit::read(&command, &words.collect::<Vec<_>>())
    }

    #[test]
    fn what_people_type_becomes_an_operation_with_the_stored_address() {
        let url = || Some("https://a.example.org/x".parse::<RepositoryUrl>().unwrap());
        let main = || "main".parse().unwrap();
        for (typed, operation) in [
            ("fetch", Operation::Fetch(url())),
            ("fetch -q origin", Operation::Fetch(url())),
            ("pull", Operation::Pull(url(), PullWay::FastForward)),
            (
                "pull --ff-only --rebase",
                Operation::Pull(url(), PullWay::Rebase),
            ),
            (
                "pull --rebase=false",
                Operation::Pull(url(), PullWay::Merge),
            ),
            (
                "pull -r origin main",
                Operation::PullBranch(url(), main(), PullWay::Rebase),
            ),
            ("push -u origin HEAD", Operation::Push(url())),
            ("push origin", Operation::Push(url())),
            ("push -- origin main", Operation::PushBranch(url(), main())),
        ] {
            let Ok(TypedGit::Exchange(exchange)) = read(typed) else {
                panic!("{typed}");
            };
            assert_eq!(exchange.with(url()), operation, "{typed}");
        }
        assert!(matches!(read("log"), Ok(TypedGit::Line(_))));
    }

    #[test]
    fn a_clone_goes_into_a_directory_of_its_own() {
        let cloned = |text: &str| match read(text) {
            Ok(TypedGit::Clone(clone)) => clone,
            other => panic!("{text}: {other:?}"),
        };
        for (typed, directory) in [
            ("clone https://a.example.org/team/shop.git", "shop"),
            ("clone git@a.example.org:shop.git", "shop"),
            ("clone -q https://a.example.org/x libs/y/", "libs/y"),
        ] {
            assert_eq!(cloned(typed).directory.as_str(), directory, "{typed}");
        }
        let whole =
            cloned("clone -b dev --depth 3 --recurse-submodules -- ssh://a.example.org/x y");
        assert_eq!(whole.repository.branch.unwrap().as_str(), "dev");
        assert_eq!(whole.repository.depth.unwrap().get(), 3);
        assert!(whole.repository.submodules);
    }

    #[test]
    fn nothing_is_forced_and_no_other_address_is_reached() {
        for bad in [
            "push --force",
            "push -f origin main",
            "push --force-with-lease",
            "push origin +main",
            "push origin main:other",
            "push origin :main",
            "push elsewhere",
            "push https://a.example.org/x",
            "push origin main dev",
            "push origin --delete main",
            "push --mirror",
            "push --receive-pack=id",
            "push --exec=id",
            "fetch --upload-pack=id",
            "fetch origin main",
            "fetch --all",
            "pull --exec=id",
            "pull -s ours",
            "pull origin -- --x",
            "clone",
            "clone ext::sh",
            "clone ../other",
            "clone --upload-pack=id https://a.example.org/x",
            "clone -c core.fsmonitor=id https://a.example.org/x",
            "clone --config=a.b=c https://a.example.org/x",
            "clone --template=/x https://a.example.org/x",
            "clone --depth 0 https://a.example.org/x",
            "clone https://a.example.org/x ../y",
            "clone https://a.example.org/x /tmp/y",
            "clone https://a.example.org/x .",
            "clone https://a.example.org/x a/.git/hooks",
            "clone https://a.example.org/x y z",
            "clone -- --x y",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
