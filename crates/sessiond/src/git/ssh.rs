//! How git calls ssh: which hosts it believes, by which agent it logs in, and by which way it gets there.

use std::path::Path;

use crate::agent;
use crate::processes::own_program;

/// For sessiond's own git. Nobody can be asked for anything. Of an ssh that does not know `KnownHostsCommand` (before 8.5) a host's key is
/// believed the first time and kept for the session alone.
pub(super) fn unattended(state_dir: &Path, has_way_out: bool) -> String {
    let known = state_dir.join("known_hosts");
    let own = [
        "BatchMode=yes".to_owned(),
        "StrictHostKeyChecking=accept-new".to_owned(),
        "UpdateHostKeys=no".to_owned(),
        "CheckHostIP=no".to_owned(),
        format!(
            "UserKnownHostsFile=\"{}\" ~/.ssh/known_hosts",
            known.display()
        ),
        format!("IdentityAgent=\"{}\"", agent::socket(state_dir).display()),
        "ConnectTimeout=30".to_owned(),
        "ServerAliveInterval=15".to_owned(),
        "ServerAliveCountMax=4".to_owned(),
        "PermitLocalCommand=no".to_owned(),
        "ClearAllForwardings=yes".to_owned(),
        "ForwardAgent=no".to_owned(),
    ];
    let ways = known_hosts(state_dir)
        .into_iter()
        .chain(way_out(has_way_out));
    call(own.into_iter().chain(ways))
}

/// For the git of people and agents in the session's terminals, where the session has a key to log in with, or no network but its way out.
pub(crate) fn attended(state_dir: &Path, lends_key: bool, has_way_out: bool) -> Option<String> {
    let known = lends_key.then(|| known_hosts(state_dir));
    let options: Vec<_> = known
        .into_iter()
        .flatten()
        .chain(way_out(has_way_out))
        .collect();
    (!options.is_empty()).then(|| call(options))
}

/// The server says by which keys a host is known. `UseKeychain` is what people who also have a Mac let ssh ignore.
fn known_hosts(state_dir: &Path) -> [String; 2] {
    let socket = agent::socket(state_dir);
    // A percent sign begins something that ssh fills in.
    let [program, socket] =
        [own_program(), socket].map(|path| path.display().to_string().replace('%', "%%"));
    [
        "IgnoreUnknown=KnownHostsCommand,UseKeychain".to_owned(),
        format!("KnownHostsCommand=\"{program}\" known-host \"{socket}\" %I %H %t %K"),
    ]
}

fn way_out(has_way_out: bool) -> Option<String> {
    let program = own_program();
    has_way_out.then(|| format!("ProxyCommand={} connect %h %p", program.display()))
}

fn call(options: impl IntoIterator<Item = String>) -> String {
    let options = options
        .into_iter()
        .map(|option| format!(" -o {}", quoted(&option)));
    format!("ssh{}", options.collect::<String>())
}

/// One word for the shell that git hands the command to.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("a'; id; '"), r"'a'\''; id; '\'''");
    }

    #[test]
    fn a_persons_own_ssh_is_left_alone_where_there_is_nothing_to_add() {
        let dir = Path::new("/state/100%");
        assert_eq!(attended(dir, false, false), None);
        let lent = attended(dir, true, false).unwrap();
        assert!(lent.contains("/state/100%%/agent.sock"), "{lent}");
        assert!(!lent.contains("ProxyCommand"), "{lent}");
        let closed = attended(dir, false, true).unwrap();
        assert!(closed.contains("connect %h %p"), "{closed}");
        assert!(!closed.contains("KnownHosts"), "{closed}");
    }
}
