//! What passes the list, and what does not.

use super::*;

fn line(text: &str) -> Result<CommandLine, BadCommandLine> {
    let mut words = text.split(' ').map(str::to_owned);
    let command = words.next().unwrap();
    CommandLine::new(&command, &words.collect::<Vec<_>>())
}

fn told(text: &str) -> String {
    let words = line(text).unwrap().arguments().into_iter();
    let words = words.map(|word| String::from_utf8(word).unwrap());
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_people_type_is_taken_and_written_so_that_nothing_is_misread() {
    for (typed, git) in [
        ("status --short", "status --ignore-submodules=dirty --short"),
        ("add a b/c", "add -- a b/c"),
        ("branch -d old", "branch -d old"),
        (
            "checkout -b new main",
            "checkout --no-recurse-submodules -b new main",
        ),
        (
            "checkout main -- -x",
            "checkout --no-recurse-submodules main -- -x",
        ),
        ("stash pop 1", "stash pop 1"),
        (
            "reset --hard HEAD~1",
            "reset --no-recurse-submodules --hard HEAD~1",
        ),
        ("rev-parse --short HEAD", "rev-parse --short HEAD"),
        (
            "config --get remote.origin.url",
            "config --includes --get remote.origin.url",
        ),
        ("config user.name Ada", "config --includes user.name Ada"),
    ] {
        assert_eq!(told(typed), git);
    }
    assert!(told("log -n5 --author=a main..x -- f").ends_with("-n5 --author=a main..x -- f"));
    assert!(told("commit -m --amend").ends_with("-m--amend"));
    assert!(line("commit -a").unwrap().changes() && !line("log").unwrap().changes());
}

#[test]
fn what_is_not_on_the_list_is_refused() {
    for bad in [
        "gc",
        "-c core.pager=id log",
        "log --output=/etc/x",
        "log -O/etc/x",
        "log --ext-diff",
        "diff --no-index /etc/passwd /etc/shadow",
        "diff --textconv",
        "show HEAD:../x",
        "add --pathspec-from-file=/etc/passwd",
        "add -i",
        "add ../../.kube/config",
        "add .git/config",
        "commit -F /etc/passwd",
        "commit --template=x",
        "commit -S",
        "commit --edit",
        "branch --edit-description",
        "branch -- -x",
        "checkout --recurse-submodules main",
        "checkout -b -x",
        "checkout -b",
        "stash -p",
        "stash branch x",
        "merge -s ours x",
        "merge --strategy=x",
        "rebase -i main",
        "rebase --exec=id main",
        "rebase -x id",
        "tag -s v1",
        "tag -F x",
        "remote add x ext::sh",
        "remote set-url origin x",
        "clone ext::sh",
        "config core.fsmonitor id",
        "config --global user.name x",
        "config --file /etc/x --get a.b",
        "config --edit",
        "config alias.x !id",
        "rev-parse --git-path x",
        "reset --pathspec-from-file=x",
    ] {
        assert!(line(bad).is_err(), "{bad}");
    }
}

proptest::proptest! {
    #[test]
    fn whatever_passes_is_read_again_as_the_same(words in proptest::collection::vec("[-a-zA-Z=.~/]{0,12}", 0..6)) {
        for rule in RULES {
            if let Ok(line) = CommandLine::new(rule.name, &words) {
                let text = serde_json::to_string(&line).unwrap();
                proptest::prop_assert_eq!(serde_json::from_str::<CommandLine>(&text).unwrap(), line);
            }
        }
    }
}
