//! Why a repository was not cloned, in words that a person can act on. They name no secret: an address that holds one is never taken.

use longhouse_domain::git::{Repository, Transport};
use longhouse_link::proto::clone_news::{Failed, Why};

use crate::error::plain;

/// What this side said no to while git was at work, and why.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The session's way out, where it has one.
    pub(crate) way_out: Option<String>,
    /// The session's SSH agent.
    pub(crate) agent: Option<String>,
}

/// What happened and what to do.
pub(crate) fn explain(repository: &Repository, failed: &Failed, told: &Told) -> String {
    let refused = told.way_out.as_deref();
    let why = match (failed.why(), refused) {
        // Git only sees a connection that was not made; the way out knows why.
        (Why::NotAllowed | Why::LoginNeeded | Why::Unreachable | Why::NoSuchHost, Some(_)) => {
            Why::NotAllowed
        }
        (why, _) => why,
    };
    let said = match (why, refused) {
        (Why::NotAllowed, Some(refused)) => plain(refused),
        _ => plain(&failed.said),
    };
    let what = match (why, &told.agent) {
        // The host only saw that nobody logged in.
        (Why::LoginNeeded, Some(refused)) => plain(refused),
        _ => words(repository, why, &said),
    };
    format!("{} was not cloned: {what}", repository.url)
}

/// What to do about it.
pub(crate) fn words(repository: &Repository, why: Why, said: &str) -> String {
    let host = repository.url.destination();
    let host = host.map_or_else(|| "this machine".to_owned(), |(host, _)| host.to_string());
    match why {
        Why::NotEmpty => format!(
            "the working directory is not empty (it holds \"{said}\"); choose an empty one, or a session without a repository"
        ),
        Why::ProgramMissing => format!(
            "a program is missing where the session lives ({said}); install git (and ssh for an SSH address) there, or choose an image that has it"
        ),
        Why::NoUser => format!(
            "the image's /etc/passwd has no entry for the user that sessions run as, without which ssh does not start ({said}); add one to the \
             image (RUN useradd --uid 1000 --create-home agent), or use an https:// address"
        ),
        Why::TimeOver => {
            "it took too long; try a clone with little history (cloneDepth 1)".to_owned()
        }
        Why::Killed => format!(
            "git was ended from outside ({said}); if the session has too little memory, give it more, or clone with little history (cloneDepth 1)"
        ),
        Why::NoSuchHost => format!("there is no host {host}; check the address"),
        Why::Unreachable => {
            format!("{host} does not answer ({said}); check the address, or try again later")
        }
        Why::NotAllowed => format!(
            "the session's network did not connect it ({said}); check the address, the network and allowHosts"
        ),
        Why::Certificate => format!("the certificate of {host} is not trusted ({said})"),
        Why::HostKey => format!(
            "{host} shows another host key than before ({said}); make sure that nobody stands between, then remove the old key"
        ),
        Why::LoginNeeded => match repository.url.transport() {
            Transport::Ssh => format!(
                "{host} accepts none of the session's SSH keys ({said}); register a key of the session's there, or use a public address"
            ),
            _ => format!(
                "{host} asks for a login: the repository is private, or not there ({said}); check the address, or use an SSH address with a key"
            ),
        },
        Why::NoSuchRepository => {
            format!("{host} has no such repository, or hides it; check the address ({said})")
        }
        Why::NoSuchBranch => match &repository.branch {
            Some(branch) => format!("it has no branch or tag \"{branch}\"; choose another"),
            None => format!("it has no branch to begin on ({said}); choose one"),
        },
        Why::Moved => {
            format!("the address leads to another ({said}); use that one, which a browser shows")
        }
        Why::DiskFull => format!(
            "the disk is full ({said}); make room, or clone with little history (cloneDepth 1)"
        ),
        Why::Protocol => {
            format!("it asks for a way to connect that this server does not allow ({said})")
        }
        Why::Other => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(url: &str, why: Why, way_out: Option<&str>) -> String {
        let told = Told {
            way_out: way_out.map(str::to_owned),
            agent: None,
        };
        explained_with(url, why, &told)
    }

    fn explained_with(url: &str, why: Why, told: &Told) -> String {
        let repository = Repository {
            url: url.parse().unwrap(),
            branch: Some("dev".parse().unwrap()),
            depth: None,
            submodules: false,
        };
        let failed = Failed {
            why: why.into(),
            said: "fatal: \u{1b}[2Jno".to_owned(),
        };
        explain(&repository, &failed, told)
    }

    #[test]
    fn each_failure_names_the_repository_and_what_to_do() {
        let https = "https://example.org/a";
        for (why, words) in [
            (Why::NoSuchHost, "there is no host example.org"),
            (Why::NoSuchBranch, "no branch or tag \"dev\""),
            (Why::LoginNeeded, "asks for a login"),
            (Why::ProgramMissing, "install git"),
            (Why::NoUser, "useradd --uid 1000"),
            (Why::DiskFull, "make room"),
            (Why::Other, "fatal:  [2Jno"),
        ] {
            let text = explained(https, why, None);
            assert!(
                text.starts_with("https://example.org/a was not cloned: "),
                "{text}"
            );
            assert!(text.contains(words), "{text}");
            assert!(!text.contains('\u{1b}'), "{text}");
        }
        let ssh = explained("git@example.org:a", Why::LoginNeeded, None);
        assert!(ssh.contains("SSH keys"), "{ssh}");
    }

    #[test]
    fn the_way_out_knows_better_than_git_why_it_did_not_connect() {
        let text = explained(
            "https://example.org/a",
            Why::Unreachable,
            Some("not on the list"),
        );
        assert!(
            text.contains("not on the list") && text.contains("allowHosts"),
            "{text}"
        );
        let branch = explained(
            "https://example.org/a",
            Why::NoSuchBranch,
            Some("not on the list"),
        );
        assert!(!branch.contains("not on the list"), "{branch}");
    }

    #[test]
    fn the_agent_knows_better_than_the_host_why_nobody_logged_in() {
        let told = Told {
            agent: Some("the SSH key was not used for b: it is none of its hosts".to_owned()),
            ..Told::default()
        };
        let text = explained_with("git@a:x", Why::LoginNeeded, &told);
        assert!(text.ends_with("none of its hosts"), "{text}");
        let other = explained_with("git@a:x", Why::NoSuchBranch, &told);
        assert!(!other.contains("none of its hosts"), "{other}");
    }
}
