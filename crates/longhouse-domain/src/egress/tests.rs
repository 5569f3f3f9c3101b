//! What an entry allows, what is no entry, and which addresses need one of their own.

use proptest::prelude::*;

use std::net::Ipv4Addr;

use super::*;

fn list(entries: &[&str]) -> AllowList {
    AllowList::new(entries.iter().map(|entry| entry.parse().unwrap()).collect()).unwrap()
}

fn host(text: &str) -> Host {
    text.parse().unwrap()
}

#[test]
fn an_entry_allows_what_it_says_and_nothing_beside_it() {
    let list = list(&[
        "example.org",
        "*.example.com",
        "git.example.net:22",
        "192.0.2.7:80",
    ]);
    for (name, port) in [
        ("example.org", 443),
        ("EXAMPLE.org.", 1),
        ("registry.example.com", 443),
        ("a.b.example.com", 443),
        ("git.example.net", 22),
        ("192.0.2.7", 80),
        ("::ffff:192.0.2.7", 80),
    ] {
        assert!(list.allows(&host(name), port), "{name}:{port}");
    }
    for (name, port) in [
        ("www.example.org", 443),
        ("notexample.org", 443),
        ("example.org.evil.net", 443),
        ("example.com", 443),
        ("evilexample.com", 443),
        ("git.example.net", 443),
        ("192.0.2.7", 81),
        ("192.0.2.8", 80),
    ] {
        assert!(!list.allows(&host(name), port), "{name}:{port}");
    }
}

#[test]
fn what_is_no_host_is_refused() {
    for text in [
        "",
        ".",
        "*",
        "*.",
        "a..b",
        "-a.org",
        "a-.org",
        "a b",
        "a/b",
        "a@b",
        "http://a",
        "a:b:80",
        "a:0",
        "a:65536",
        "a:+1",
        "a:",
        "*.*.org",
        "a.*.org",
        "0177.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0x7f000001",
        "1.2.3.4.5",
        "10.0.0.0/33",
        "10.0.0.0/+8",
        "10.0.0.0/",
        "[::1",
        "::1]",
        "[::1]/129",
        "fe80::1%eth0",
        "exämple.org",
    ] {
        assert!(text.parse::<HostPattern>().is_err(), "{text}");
    }
    let long = format!("{}.org", "a".repeat(LABEL_BYTES + 1));
    assert_eq!(long.parse::<HostPattern>(), Err(EgressError::Host));
}

#[test]
fn what_is_not_public_needs_the_address_itself_in_the_list() {
    let by_name = list(&["inside.example.org"]);
    let name = host("inside.example.org");
    for address in [
        "10.1.2.3",
        "127.0.0.1",
        "169.254.169.254",
        "172.31.0.1",
        "192.168.1.1",
        "100.64.0.5",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
    ] {
        let address = address.parse().unwrap();
        assert!(!is_public(address), "{address}");
        assert!(!by_name.allows_address(&name, address, 443), "{address}");
    }
    for address in [
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "192.0.1.1",
        "2606:4700::1111",
        "64:ff9b::101:101",
    ] {
        assert!(
            by_name.allows_address(&name, address.parse().unwrap(), 443),
            "{address}"
        );
    }
    let with_range = list(&["inside.example.org", "10.1.0.0/16:443"]);
    let inside = "10.1.2.3".parse().unwrap();
    assert!(with_range.allows_address(&name, inside, 443));
    assert!(!with_range.allows_address(&name, inside, 80));
    assert!(!with_range.allows_address(&name, "10.2.0.1".parse().unwrap(), 443));
}

#[test]
fn localhost_is_this_machine_and_nothing_else() {
    let list = list(&["localhost:8080"]);
    assert!(list.allows_address(&host("localhost"), "127.0.0.1".parse().unwrap(), 8080));
    assert!(!list.allows_address(&host("localhost"), "10.0.0.1".parse().unwrap(), 8080));
}

#[test]
fn it_is_known_which_entries_lead_into_the_servers_own_network() {
    for text in [
        "127.0.0.1",
        "10.0.0.0/8",
        "localhost",
        "a.localhost:80",
        "[::1]:80",
        "0.0.0.0/0",
        "8.0.0.0/8",
    ] {
        assert!(text.parse::<HostPattern>().unwrap().is_private(), "{text}");
    }
    for text in ["example.org", "*.example.org", "1.1.1.1:53"] {
        assert!(!text.parse::<HostPattern>().unwrap().is_private(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_refused_or_read_back_as_it_is_written(text in "[a-z0-9*.:/\\[\\]_-]{0,24}") {
        if let Ok(pattern) = text.parse::<HostPattern>() {
            prop_assert_eq!(pattern.to_string().parse::<HostPattern>(), Ok(pattern));
        }
    }

    #[test]
    fn a_range_holds_exactly_what_shares_its_first_bits(ours: u32, theirs: u32, bits in 0u32..=32) {
        let entry = list(&[&format!("{}/{bits}", Ipv4Addr::from_bits(ours))]);
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        let held = entry.allows(&Host::Address(Ipv4Addr::from_bits(theirs).into()), 1);
        prop_assert_eq!(held, ours & mask == theirs & mask);
    }
}
