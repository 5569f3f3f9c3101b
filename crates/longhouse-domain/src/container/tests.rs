//! What names an image, what a template gives up, and how much a container is given.

use super::*;

#[test]
fn names_of_images_are_told_from_everything_else() {
    let digest = format!("busybox@sha256:{}", "0f".repeat(32));
    for good in [
        "busybox",
        "debian:bookworm-slim",
        "library/node:22",
        "localhost/own:1",
        "registry.example.com:5000/team/app__x:V1.0_b-c",
        "ghcr.io/a/b-c.d",
        digest.as_str(),
    ] {
        assert_eq!(
            good.parse::<ImageName>().map(|name| name.to_string()),
            Ok(good.to_owned())
        );
    }
    let long = "a".repeat(300);
    for bad in [
        "",
        "evil; id",
        "-v/:/h",
        "--privileged",
        "$(id)",
        "a b",
        "a\nb",
        "../../etc",
        "a/../b",
        "a//b",
        "/a",
        "a/",
        "a?b=c",
        "a#b",
        "a%2e",
        "Busybox",
        "a:",
        "a:-x",
        "a@sha256:12",
        "a@md5:00",
        "a___b",
        "host.:80/a",
        "host.example:port/a",
        "-.example/a",
        &long,
    ] {
        assert_eq!(bad.parse::<ImageName>(), Err(BadImageName), "{bad:?}");
    }
}

#[test]
fn a_template_is_found_by_its_name_and_only_one_loosens_anything() {
    for template in Template::ALL {
        assert_eq!(Template::parse(template.as_str()), Some(template));
    }
    let loose = Template::ALL.map(|template| template.loosens().len());
    assert_eq!(loose.iter().sum::<usize>(), 1);
    assert_eq!(Template::parse("privileged"), None);
}

#[test]
fn a_small_machine_gives_no_more_than_it_has() {
    let small = Limits {
        cpu_millis: 1_000,
        memory_mb: 512,
        pids: Limits::MOST_PIDS,
    };
    let given = Limits::DEFAULT.within(small);
    assert_eq!((given.cpu_millis, given.memory_mb), (1_000, 512));
    assert_eq!(given.pids, Limits::DEFAULT.pids);
}

proptest::proptest! {
    #[test]
    fn what_passes_for_an_image_cannot_leave_a_path_or_be_read_as_an_option(text in "[-a-zA-Z0-9./:@_;?#%& ]{0,40}") {
        if let Ok(name) = text.parse::<ImageName>() {
            let name = name.as_str();
            proptest::prop_assert!(!name.starts_with(['-', '/', '.']) && !name.contains("..") && !name.contains("//"));
            proptest::prop_assert!(!name.contains(['?', '#', '%', '&', ';', ' ']));
        }
    }
}
