//! Addresses that are read, those that are refused, and that nothing dangerous comes out again.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<RepositoryUrl, RepositoryUrlError> {
    text.parse()
}

#[test]
fn addresses_are_read_and_written_in_one_form() {
    for (text, written, destination) in [
        ("https://example.org/a/b.git", None, "example.org:443"),
        (
            "HTTPS://Example.ORG./a",
            Some("https://example.org/a"),
            "example.org:443",
        ),
        (
            "https://example.org:443/a",
            Some("https://example.org/a"),
            "example.org:443",
        ),
        ("https://example.org:8443/a%20b", None, "example.org:8443"),
        ("https://[2001:db8::1]:8443/a", None, "[2001:db8::1]:8443"),
        ("ssh://git@example.org/~ada/a.git", None, "example.org:22"),
        ("ssh://example.org:2222/a", None, "example.org:2222"),
        ("git@example.org:team/a.git", None, "example.org:22"),
        ("git@example.org:/srv/a.git", None, "example.org:22"),
        ("git@[2001:db8::1]:a:b", None, "[2001:db8::1]:22"),
        ("http://127.0.0.1:8080/a", None, "127.0.0.1:8080"),
    ] {
        let url = read(text).unwrap();
        assert_eq!(url.to_string(), written.unwrap_or(text));
        let (host, port) = url.destination().unwrap();
        assert_eq!(format!("{host}:{port}"), destination, "{text}");
    }
    let file = read("file:///srv/a.git").unwrap();
    assert_eq!(
        (file.transport(), file.destination()),
        (Transport::File, None)
    );
}

#[test]
fn what_git_would_also_take_is_refused() {
    use RepositoryUrlError as Wrong;
    let long = format!("https://example.org/{}", "a".repeat(URL_BYTES));
    for (text, why) in [
        ("", Wrong::Form),
        ("--upload-pack=touch x", Wrong::Form),
        ("-oProxyCommand=x@host:a", Wrong::User),
        ("ext::sh -c id", Wrong::Form),
        ("ext::sh://x/y", Wrong::Form),
        ("fd::17", Wrong::Form),
        ("git://example.org/a", Wrong::Form),
        ("ftp://example.org/a", Wrong::Form),
        ("/srv/up.git", Wrong::Form),
        ("../other", Wrong::Form),
        ("C:\\a@b:c", Wrong::Form),
        ("example.org:a", Wrong::Form),
        ("file://example.org/a", Wrong::Form),
        ("https://user@example.org/a", Wrong::Credentials),
        ("https://user:word@example.org/a", Wrong::Credentials),
        ("http://u@h/.proxy=http://evil", Wrong::Credentials),
        ("ssh://user:word@example.org/a", Wrong::Credentials),
        ("ssh://-oProxyCommand=x/a", Wrong::Host(EgressError::Host)),
        ("ssh://-o@example.org/a", Wrong::User),
        ("git@-oX:a", Wrong::Host(EgressError::Host)),
        ("git@example.org:-a", Wrong::Path),
        ("git@example.org:", Wrong::Path),
        ("https://example.org", Wrong::Path),
        ("https://example.org//", Wrong::Path),
        ("https:///a", Wrong::Host(EgressError::Host)),
        ("https://0177.1/a", Wrong::Host(EgressError::OddAddress)),
        ("https://example.org:0/a", Wrong::Port),
        ("https://example.org:99999/a", Wrong::Port),
        ("https://::1/a", Wrong::Port),
        ("https://example.org/a?token=x", Wrong::Query),
        ("https://example.org/a#b", Wrong::Query),
        ("https://example.org/a b", Wrong::Character),
        ("https://example.org/a\n", Wrong::Character),
        ("https://example.org/a\u{202e}b", Wrong::Character),
        ("https://example.org/a%0a", Wrong::Character),
        ("https://example.org/a%2", Wrong::Character),
        ("git@example.org:a'b", Wrong::Character),
        ("git@example.org:$(id)", Wrong::Character),
        (&long, Wrong::TooLong),
    ] {
        assert_eq!(read(text), Err(why), "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_refused_or_read_back_as_it_is_written(
        text in "(https|HTTP|ssh|file|ext)(://|::)[-a-zA-Z0-9@.:/%\\[\\]_~ ?#'\\\\]{0,40}|[-a-z@.:/]{0,30}|\\PC{0,30}"
    ) {
        if let Ok(url) = read(&text) {
            let written = url.to_string();
            prop_assert_eq!(read(&written), Ok(url));
            prop_assert!(!written.starts_with('-') && !written.contains("::sh"));
            prop_assert!(!written.chars().any(|c| c.is_whitespace() || c.is_control() || "'\"\\`$;|<>".contains(c)));
        }
    }

    #[test]
    fn no_password_gets_through(user in "[a-z]{0,8}", word in "[a-zA-Z0-9]{1,12}", scheme in "https|ssh|http|file") {
        let text = format!("{scheme}://{user}:{word}@example.org/a");
        prop_assert!(read(&text).is_err());
    }
}
