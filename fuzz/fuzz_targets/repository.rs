//! Addresses of repositories and names of branches: what is read is written in one form, and holds nothing that git or a shell would run.
#![no_main]

use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use longhouse_domain::git::{BranchName, RepositoryUrl, is_identity};

fuzz_target!(|text: &str| {
    if let Ok(url) = RepositoryUrl::from_str(text) {
        let written = url.to_string();
        let again = RepositoryUrl::from_str(&written);
        assert_eq!(again, Ok(url), "{text:?}");
        assert!(!written.starts_with('-'), "{text:?}");
        let dangerous = |c: char| c.is_whitespace() || c.is_control() || "'\"\\`$;|<>?#".contains(c);
        assert!(!written.contains(dangerous), "{text:?}");
        let begins = ["https://", "http://", "ssh://", "file:///"];
        let is_home = || written.split(['/', ':']).next().is_some_and(|host| host.contains('@'));
        assert!(begins.iter().any(|form| written.starts_with(form)) || is_home(), "{text:?}");
    }
    if let Ok(name) = BranchName::from_str(text) {
        assert_eq!(name.as_str(), text);
        assert!(!text.starts_with('-') && !text.contains(".."), "{text:?}");
        assert!(!text.contains([' ', '~', '^', ':', '\\', '\0', '\n']), "{text:?}");
    }
    assert!(!is_identity(text) || !text.contains(['\n', '<', '>', '\0']), "{text:?}");
});
