//! A session's SSH agent, asked as a hostile program would ask it: for which host it signs, and for whose word.

use longhouse_domain::audit::{AuditActor, AuditEntry};
use longhouse_domain::git::Repository;
use longhouse_domain::ssh::agent::{ExtensionAnswer, KnownHostQuestion};
use longhouse_domain::ssh::wire::{Reader, Writer};
use longhouse_domain::{Clock, Status};
use longhouse_engine::{
    AuditQuery, Deed, NewSession, NewSessionKey, SshKey, SshKeySource, SshKeyWish,
};
use longhouse_link::AgentAsks;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use crate::house::{House, SystemClock, shell};

const IDENTITIES_ANSWER: u8 = 12;
const SIGN_RESPONSE: u8 = 14;

/// The host of the session's repository, and its key as known-hosts files have it.
const HOST: &str = "git.example.org";

/// Somebody with a host key.
struct Host(Ed25519KeyPair);

impl Host {
    fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    fn key(&self) -> Vec<u8> {
        let key = Writer::new().string(b"ssh-ed25519");
        key.string(self.0.public_key().as_ref()).done()
    }

    /// That a connection leads here, as the host itself would sign it.
    fn bind(&self, connection: &[u8], forwarding: u8) -> Vec<u8> {
        self.bound(connection, &self.signature(connection), forwarding)
    }

    fn signature(&self, data: &[u8]) -> Vec<u8> {
        let signature = Writer::new().string(b"ssh-ed25519");
        signature.string(self.0.sign(data).as_ref()).done()
    }

    fn bound(&self, connection: &[u8], signature: &[u8], forwarding: u8) -> Vec<u8> {
        let named = Writer::new().byte(27).string(b"session-bind@openssh.com");
        let named = named.string(&self.key()).string(connection);
        named.string(signature).byte(forwarding).done()
    }
}

/// A log-in over a connection, to be signed.
fn log_in(connection: &[u8], key: &[u8]) -> Vec<u8> {
    let begun = Writer::new().string(connection).byte(50).string(b"git");
    let named = begun.string(b"ssh-connection").string(b"publickey");
    named.byte(1).string(b"ssh-ed25519").string(key).done()
}

fn sign(key: &[u8], data: &[u8]) -> Vec<u8> {
    let request = Writer::new().byte(13).string(key).string(data);
    request.u32(0).done()
}

/// A house with one session that has a key, and the way to its agent.
struct Bed {
    house: House,
    key: SshKey,
    blob: Vec<u8>,
    asks: AgentAsks,
}

impl Bed {
    async fn new(hosts: &[&str]) -> Self {
        let house = House::new().await;
        let wish = SshKeyWish {
            name: "mine".to_owned(),
            source: SshKeySource::Generated,
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        };
        let deed = deed("ssh_key.create");
        let key = house.engine.add_ssh_key(house.ann.user, wish, &deed).await;
        let key = key.unwrap();
        let new = NewSession {
            repository: Some(Repository {
                url: format!("git@{HOST}:a.git").parse().unwrap(),
                branch: None,
                depth: None,
                submodules: false,
            }),
            ssh_key: Some(NewSessionKey::Kept(key.id)),
            ..shell("one")
        };
        let made = house.engine.create_session(&house.ann, new, None).await;
        let id = made.unwrap().session.id;
        house.wait_for_status("one", Status::Running).await;
        let asks = house.runtime.agent(id).unwrap();
        let identities = ask(&asks, b"", &[11]).await;
        let mut identities = Reader::new(&identities);
        assert_eq!(
            (identities.byte(), identities.u32()),
            (Some(IDENTITIES_ANSWER), Some(1))
        );
        let blob = identities.string().unwrap().to_vec();
        Self {
            house,
            key,
            blob,
            asks,
        }
    }

    /// Whether the agent signs that, and whether the signature holds.
    async fn signs(&self, bind: &[u8], data: &[u8]) -> bool {
        let answer = ask(&self.asks, bind, &sign(&self.blob, data)).await;
        let mut answer = Reader::new(&answer);
        if answer.byte() != Some(SIGN_RESPONSE) {
            return false;
        }
        let mut signature = Reader::new(answer.string().unwrap());
        assert_eq!(signature.string(), Some(&b"ssh-ed25519"[..]));
        let mut key = Reader::new(&self.blob);
        let key =
            UnparsedPublicKey::new(&ED25519, key.string().and_then(|_| key.string()).unwrap());
        key.verify(data, signature.string().unwrap()).unwrap();
        true
    }

    /// What ssh is told of a host that shows this key.
    async fn known(&self, host: &str, shown: &Host) -> ExtensionAnswer {
        let base64 = base64(&shown.key());
        let shown = Some(("ssh-ed25519", base64.as_str()));
        let question = KnownHostQuestion { host, shown }.message();
        ExtensionAnswer::parse(&ask(&self.asks, b"", &question).await).unwrap()
    }

    /// The reasons of the refusals in the audit log, oldest first.
    async fn refusals(&self) -> Vec<String> {
        let query = AuditQuery {
            action: Some("ssh_key.sign".to_owned()),
            ..AuditQuery::default()
        };
        let audit = self.house.engine.audit();
        let page = audit.page(&query, None, 100).await.unwrap();
        let mut records: Vec<_> = page
            .items
            .into_iter()
            .map(|record| record.entry.detail)
            .collect();
        records.reverse();
        records
            .into_iter()
            .filter_map(|mut detail| detail.remove("reason"))
            .collect()
    }
}

fn deed(action: &str) -> Deed {
    Deed::new(AuditEntry::new(
        SystemClock.now(),
        AuditActor::system("test"),
        action,
    ))
}

async fn ask(asks: &AgentAsks, bind: &[u8], message: &[u8]) -> Vec<u8> {
    let answer = asks
        .ask(bind.to_vec().into(), message.to_vec().into())
        .await;
    answer.unwrap().to_vec()
}

fn base64(bytes: &[u8]) -> String {
    use ssh_key::public::{Ed25519PublicKey, KeyData};
    let mut key = Reader::new(bytes);
    let key = key.string().and_then(|_| key.string()).unwrap();
    let key = KeyData::Ed25519(Ed25519PublicKey::try_from(key).unwrap());
    let line = ssh_key::PublicKey::new(key, "").to_openssh().unwrap();
    line.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn only_a_log_in_at_a_host_that_proved_itself_and_is_known_and_allowed_is_signed() {
    let bed = Bed::new(&[]).await;
    let (host, other) = (Host::new(1), Host::new(2));
    let data = log_in(b"one", &bed.blob);
    // Nobody has seen the host yet.
    assert!(!bed.signs(&host.bind(b"one", 0), &data).await);
    assert!(matches!(
        bed.known(HOST, &host).await,
        ExtensionAnswer::Given(_)
    ));
    assert!(matches!(
        bed.known("other.example.org", &other).await,
        ExtensionAnswer::Given(_)
    ));
    for (bind, data) in [
        (Vec::new(), data.clone()),
        (host.bind(b"one", 1), data.clone()),
        (
            host.bound(b"one", &other.signature(b"one"), 0),
            data.clone(),
        ),
        (host.bind(b"another", 0), data.clone()),
        (host.bind(b"one", 0), b"SSHSIG\0\0\0\x03git".to_vec()),
        (host.bind(b"one", 0), log_in(b"one", &host.key())),
        (other.bind(b"one", 0), data.clone()),
    ] {
        assert!(!bed.signs(&bind, &data).await);
    }
    assert!(bed.signs(&host.bind(b"one", 0), &data).await);
    let refusals = bed.refusals().await;
    let words = [
        "not known yet",
        "did not say",
        "not lent",
        "did not prove",
        "no log-in",
        "no log-in",
        "no log-in",
        "none of them",
    ];
    assert_eq!(refusals.len(), words.len(), "{refusals:?}");
    for (refusal, words) in refusals.iter().zip(words) {
        assert!(refusal.contains(words), "{refusal}");
    }
    bed.house.close().await;
}

#[tokio::test]
async fn a_key_signs_for_the_hosts_that_it_was_given_and_not_once_it_is_deleted() {
    let bed = Bed::new(&["other.example.org:2222"]).await;
    let other = Host::new(2);
    bed.known("[other.example.org]:2222", &other).await;
    let (bind, data) = (other.bind(b"one", 0), log_in(b"one", &bed.blob));
    assert!(bed.signs(&bind, &data).await);
    let engine = &bed.house.engine;
    let used = engine.ssh_keys(bed.house.ann.user).await.unwrap();
    assert!(used[0].last_used_at.is_some());
    let deed = deed("ssh_key.delete");
    engine
        .delete_ssh_key(bed.house.ann.user, bed.key.id, &deed)
        .await
        .unwrap();
    assert!(!bed.signs(&bind, &data).await);
    assert_eq!(
        ask(&bed.asks, b"", &[11]).await,
        [&[IDENTITIES_ANSWER][..], &[0; 4]].concat()
    );
    bed.house.close().await;
}

#[tokio::test]
async fn a_forge_is_known_by_what_it_publishes_and_another_host_by_what_it_showed_first() {
    let bed = Bed::new(&[]).await;
    let (host, other) = (Host::new(1), Host::new(2));
    let refused = |answer: ExtensionAnswer| match answer {
        ExtensionAnswer::Refused(why) => why,
        given => panic!("{given:?}"),
    };
    let why = refused(bed.known("github.com", &host).await);
    assert!(why.contains("what it publishes"), "{why}");
    assert_eq!(
        bed.known(HOST, &host).await,
        ExtensionAnswer::Given(format!("{HOST} ssh-ed25519 {}\n", base64(&host.key())))
    );
    let why = refused(bed.known(HOST, &other).await);
    assert!(why.contains("forget the host"), "{why}");
    assert!(matches!(
        bed.known(HOST, &host).await,
        ExtensionAnswer::Given(_)
    ));
    refused(bed.known("a b", &host).await);

    // Before a host is spoken to, ssh asks which kinds of key to prefer.
    let order = KnownHostQuestion {
        host: "github.com",
        shown: None,
    }
    .message();
    let answer = ExtensionAnswer::parse(&ask(&bed.asks, b"", &order).await).unwrap();
    let ExtensionAnswer::Given(lines) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(lines.lines().count(), 3, "{lines}");

    let engine = &bed.house.engine;
    let known = engine.known_hosts(bed.house.ann.user).await.unwrap();
    assert_eq!((known.len(), known[0].refused.is_some()), (1, true));
    let deed = deed("known_host.delete");
    engine
        .forget_known_host(bed.house.ann.user, known[0].id, &deed)
        .await
        .unwrap();
    assert!(matches!(
        bed.known(HOST, &other).await,
        ExtensionAnswer::Given(_)
    ));
    bed.house.close().await;
}
