//! Why git failed, by its own words. It has no other way to tell; the locale is fixed so that the words are.

use longhouse_link::limits::CLONE_SAID_BYTES;
use longhouse_link::proto::clone_news::{Failed, Why};

/// What stands in a line, and what it means. The first that is found anywhere counts: causes before what follows from them.
const WORDS: &[(&str, Why)] = &[
    ("No space left on device", Why::DiskFull),
    ("Disk quota exceeded", Why::DiskFull),
    ("died of signal", Why::Killed),
    ("cannot run ssh", Why::ProgramMissing),
    ("No user exists for uid", Why::NoUser),
    ("'remote-http", Why::ProgramMissing),
    ("sessiond connect: ", Why::NotAllowed),
    ("CONNECT tunnel failed", Why::NotAllowed),
    ("from proxy after CONNECT", Why::NotAllowed),
    ("Longhouse gave no answer", Why::Unreachable),
    ("sessiond known-host: the session's agent", Why::Unreachable),
    ("sessiond known-host: ", Why::HostKey),
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", Why::HostKey),
    ("Host key verification failed", Why::HostKey),
    ("Could not resolve", Why::NoSuchHost),
    ("Temporary failure in name resolution", Why::NoSuchHost),
    ("Name or service not known", Why::NoSuchHost),
    ("No address associated with hostname", Why::NoSuchHost),
    ("certificate", Why::Certificate),
    ("SSL", Why::Certificate),
    ("gnutls_handshake", Why::Certificate),
    ("not found in upstream", Why::NoSuchBranch),
    ("Could not find remote branch", Why::NoSuchBranch),
    ("could not read Username", Why::LoginNeeded),
    ("could not read Password", Why::LoginNeeded),
    ("Authentication failed", Why::LoginNeeded),
    ("Permission denied (", Why::LoginNeeded),
    ("Too many authentication failures", Why::LoginNeeded),
    ("returned error: 401", Why::LoginNeeded),
    ("returned error: 403", Why::LoginNeeded),
    ("returned error: 30", Why::Moved),
    ("redirect", Why::Moved),
    ("epository not found", Why::NoSuchRepository),
    (
        "does not appear to be a git repository",
        Why::NoSuchRepository,
    ),
    ("does not exist", Why::NoSuchRepository),
    ("could not be found", Why::NoSuchRepository),
    ("' not found", Why::NoSuchRepository),
    ("returned error: 404", Why::NoSuchRepository),
    ("not valid: is this a git repository", Why::NoSuchRepository),
    ("not allowed", Why::Protocol),
    ("Failed to connect", Why::Unreachable),
    ("Couldn't connect", Why::Unreachable),
    ("Connection refused", Why::Unreachable),
    ("onnection timed out", Why::Unreachable),
    ("Connection reset", Why::Unreachable),
    ("onnection closed", Why::Unreachable),
    ("Network is unreachable", Why::Unreachable),
    ("No route to host", Why::Unreachable),
    ("Operation too slow", Why::Unreachable),
    ("Empty reply from server", Why::Unreachable),
    ("returned error: 50", Why::Unreachable),
    ("early EOF", Why::Unreachable),
    ("hung up unexpectedly", Why::Unreachable),
];

/// What the last lines of a git that ended with `code` mean.
pub(super) fn read(code: i32, lines: &[String]) -> Failed {
    // 129 is also what git says of an option that it does not know.
    if code > 129 {
        return failed(Why::Killed, &format!("signal {}", code - 128));
    }
    let meant = WORDS.iter().find_map(|(words, why)| {
        let line = lines.iter().find(|line| line.contains(words))?;
        Some((*why, line))
    });
    match meant {
        Some((why, line)) => failed(why, line),
        None => failed(Why::Other, last_words(lines)),
    }
}

/// Whether it may be over by itself; else a person has to see to it.
pub(super) fn may_pass(why: Why) -> bool {
    matches!(
        why,
        Why::NoSuchHost | Why::Unreachable | Why::Killed | Why::Other
    )
}

pub(super) fn failed(why: Why, said: &str) -> Failed {
    let line: String = said
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let end = line.floor_char_boundary(CLONE_SAID_BYTES);
    Failed {
        why: why.into(),
        said: line[..end].trim().to_owned(),
    }
}

/// The first complaint, where there is one: what comes after follows from it.
fn last_words(lines: &[String]) -> &str {
    let is_complaint = |line: &&String| line.starts_with("fatal: ") || line.starts_with("error: ");
    let said = lines.iter().find(is_complaint).or(lines.last());
    said.map_or("git said nothing", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(code: i32, said: &str) -> (Why, String) {
        let lines: Vec<_> = said.lines().map(str::to_owned).collect();
        let failed = read(code, &lines);
        (failed.why(), failed.said)
    }

    #[test]
    fn gits_words_are_understood() {
        for (said, why) in [
            (
                "fatal: unable to access 'https://a.example/b/': Could not resolve host: a.example",
                Why::NoSuchHost,
            ),
            (
                "ssh: Could not resolve hostname a.example: Name or service not known\nfatal: Could not read from remote repository.",
                Why::NoSuchHost,
            ),
            (
                "fatal: unable to access 'https://a/b/': Failed to connect to a port 443 after 1 ms: Couldn't connect to server",
                Why::Unreachable,
            ),
            (
                "ssh: connect to host a port 22: Connection refused\nfatal: Could not read from remote repository.",
                Why::Unreachable,
            ),
            (
                "fatal: could not read Username for 'https://a': terminal prompts disabled",
                Why::LoginNeeded,
            ),
            (
                "git@a: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\nand the repository exists.",
                Why::LoginNeeded,
            ),
            (
                "remote: Not Found\nfatal: repository 'https://a/b/' not found",
                Why::NoSuchRepository,
            ),
            (
                "ERROR: Repository not found.\nfatal: Could not read from remote repository.",
                Why::NoSuchRepository,
            ),
            (
                "fatal: '/b' does not appear to be a git repository",
                Why::NoSuchRepository,
            ),
            (
                "warning: Could not find remote branch x to clone.\nfatal: Remote branch x not found in upstream origin",
                Why::NoSuchBranch,
            ),
            (
                "fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output",
                Why::DiskFull,
            ),
            (
                "error: cannot run ssh: No such file or directory\nfatal: unable to fork",
                Why::ProgramMissing,
            ),
            (
                "No user exists for uid 1000\nfatal: Could not read from remote repository.",
                Why::NoUser,
            ),
            (
                "git: 'remote-https' is not a git command. See 'git --help'.",
                Why::ProgramMissing,
            ),
            (
                "fatal: unable to access 'https://a/b/': CONNECT tunnel failed, response 403",
                Why::NotAllowed,
            ),
            (
                "sessiond connect: the list does not hold a:22\nConnection closed by UNKNOWN port 65535",
                Why::NotAllowed,
            ),
            (
                "fatal: unable to access 'https://a/b/': SSL certificate problem: self-signed certificate",
                Why::Certificate,
            ),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
                Why::HostKey,
            ),
            (
                "fatal: unable to access 'https://a/b/': The requested URL returned error: 301",
                Why::Moved,
            ),
            ("fatal: transport 'ext' not allowed", Why::Protocol),
            ("fatal: something new", Why::Other),
        ] {
            assert_eq!(meant(128, said).0, why, "{said}");
        }
    }

    #[test]
    fn the_words_that_say_why_are_told_in_one_bounded_line() {
        let said =
            "git@a: Permission denied (publickey).\nfatal: Could not read from remote repository.";
        assert_eq!(meant(128, said).1, "git@a: Permission denied (publickey).");
        assert_eq!(meant(1, "fatal: a\u{1b}[2Jb").1, "fatal: a [2Jb");
        assert_eq!(meant(1, "").1, "git said nothing");
        let long = "ü".repeat(CLONE_SAID_BYTES);
        assert!(meant(1, &long).1.len() <= CLONE_SAID_BYTES);
        assert_eq!(meant(137, "").0, Why::Killed);
    }
}
