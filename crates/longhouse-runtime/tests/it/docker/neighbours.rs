//! Sessions that may reach the network reach no other session on it: neither one of their own user, nor another's.

use longhouse_domain::container::{ContainerSpec, Network, Template};
use longhouse_domain::session::Workdir;
use longhouse_link::Link;
use longhouse_runtime::Runtime;
use longhouse_runtime::docker::DockerRuntime;

use super::engine::{DEBIAN, spec};
use super::inside::sh;
use crate::fixture::{Fixture, within};

/// Answers everybody on port 7000, over TCP and over UDP, and writes down that it was asked.
const LISTENER: &str = r#"cat > listen.pl <<'END'
use IO::Socket::INET; use IO::Select;
my $tcp = IO::Socket::INET->new(LocalPort => 7000, Listen => 5, ReuseAddr => 1) or die;
my $udp = IO::Socket::INET->new(LocalPort => 7000, Proto => 'udp') or die;
open(my $heard, '>>', '/workspace/heard') or die; $heard->autoflush(1); print $heard "ready\n";
while (my @ready = IO::Select->new($tcp, $udp)->can_read) { for my $s (@ready) {
    if ($s == $tcp) { my $c = $tcp->accept; print $heard "tcp\n"; print $c "well\n"; close $c }
    else { $udp->recv(my $word, 9); print $heard "udp\n"; $udp->send("well\n") }
} }
END
perl listen.pl >/dev/null 2>&1 &
until grep -q ready heard 2>/dev/null; do sleep 0.1; done; echo listening"#;

/// Says of each way whether it is answered within two seconds.
const PROBE: &str = r#"cat > probe.pl <<'END'
use Socket; use IO::Socket::INET; use IO::Select;
my $host = $ARGV[0]; my @ways;
my $waits = sub { IO::Select->new(shift)->can_read(2) };
my $t = IO::Socket::INET->new(PeerAddr => $host, PeerPort => 7000, Timeout => 2);
push @ways, 'tcp' if $t && $waits->($t) && $t->sysread(my $a, 9);
my $u = IO::Socket::INET->new(PeerAddr => $host, PeerPort => 7000, Proto => 'udp');
$u->send('word'); push @ways, 'udp' if $waits->($u) && defined $u->recv(my $b, 9);
socket(my $i, PF_INET, SOCK_DGRAM, 1) or die "no ICMP: $!";
my $echo = pack('CCnnna4', 8, 0, 0, 0, 1, 'ping');
send($i, $echo, 0, sockaddr_in(0, inet_aton($host))); push @ways, 'icmp' if $waits->($i);
print "@ways\n";
END
perl probe.pl "#;

fn open() -> ContainerSpec {
    ContainerSpec {
        image: DEBIAN.parse().unwrap(),
        network: Network::Open,
        ..spec(Template::Shell)
    }
}

/// Which ways lead from the session to that address.
async fn ways(link: &Link, address: &str) -> String {
    sh(link, &format!("{PROBE}{address}")).await
}

async fn address(link: &Link) -> String {
    sh(link, "hostname -I | cut -d' ' -f1").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_reaches_another_one_over_an_open_network() {
    let mut reached = Fixture::<DockerRuntime>::new();
    let mut sibling = Fixture::<DockerRuntime>::new();
    let mut stranger = Fixture::<DockerRuntime>::new();
    for other in [&mut sibling, &mut stranger] {
        other.runtime = reached.runtime.clone();
    }
    sibling.plan.owner = reached.plan.owner;
    assert_ne!(stranger.plan.owner, reached.plan.owner);
    for fixture in [&mut reached, &mut sibling, &mut stranger] {
        fixture.plan.container = Some(open());
    }
    let (_handle, target) = reached.start().await;
    let (_handle, near) = sibling.start().await;
    let (_handle, far) = stranger.start().await;
    assert_eq!(sh(&target, LISTENER).await, "listening");
    let theirs = address(&target).await;
    // What is asked, and how, does work where nothing is in the way.
    assert_eq!(ways(&target, &theirs).await, "tcp udp icmp");
    assert_eq!(sh(&target, "sort -u heard").await, "ready\ntcp\nudp");
    assert_eq!(sh(&target, "echo ready > heard").await, "");
    let gateway =
        "while read _ to via _; do test $to = 00000000 && echo $via; done < /proc/net/route";
    for link in [&near, &far] {
        assert_eq!(ways(link, &theirs).await, "", "to {theirs}");
        // The gateway is the machine itself, which passes nothing on to the session.
        let hex = sh(link, gateway).await;
        let number = u32::from_str_radix(&hex, 16).unwrap().swap_bytes();
        let gateway = std::net::Ipv4Addr::from(number).to_string();
        assert_eq!(ways(link, &gateway).await, "icmp", "to {gateway}");
        // There is no second family of addresses, in which all this would have to hold once more.
        assert_eq!(sh(link, "grep -v ' lo$' /proc/net/if_inet6").await, "");
    }
    assert_eq!(sh(&target, "cat heard").await, "ready");
    for fixture in [&reached, &sibling] {
        let workdir = &fixture.plan.workdir;
        within(fixture.runtime.destroy(fixture.session(), workdir))
            .await
            .unwrap();
    }
    stranger.finish().await;
}

/// A network is removed with the last session on it, and never from under one that is being started.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_of_one_user_come_and_go_at_once_without_taking_each_others_network() {
    let mut staying = Fixture::<DockerRuntime>::new();
    let mut going = Fixture::<DockerRuntime>::new();
    going.runtime = staying.runtime.clone();
    going.plan.owner = staying.plan.owner;
    for fixture in [&mut staying, &mut going] {
        fixture.plan.container = Some(ContainerSpec {
            network: Network::Open,
            ..spec(Template::Shell)
        });
    }
    let (_handle, _link) = going.start().await;
    let (runtime, gone) = (going.runtime.clone(), going.session());
    let going_away = async move { runtime.destroy(gone, &Workdir::Own).await.unwrap() };
    let ((_, link), ()) = tokio::join!(staying.start(), within(going_away));
    assert_eq!(sh(&link, "ls /sys/class/net | wc -l").await, "2");
    // The removal that was put off is made up for by a later one.
    staying.finish().await;
}
