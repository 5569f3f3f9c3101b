//! The names of previews: `<port>--<session>.localhost:7070`, and the same below a host that was configured for them.
//!
//! Every port of every session has an origin of its own, so browsers keep what runs there apart: from this server's pages, and from
//! each other.

use std::net::IpAddr;

use longhouse_domain::SessionId;

use crate::settings::{Scheme, ServerSettings, origin_of};

/// What browsers take for this machine, whatever stands before it.
const LOCALHOST: &str = "localhost";

/// One port of one session, as a preview's name says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) session: SessionId,
    pub(crate) port: u16,
}

/// Where a request to a preview's name leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// To this port.
    Place(Place),
    /// Nowhere: it stands below a name of previews and is none.
    Nothing,
}

/// The names below which previews stand.
#[derive(Clone, Debug)]
pub(crate) struct PreviewNames {
    scheme: Scheme,
    /// What follows the first dot, with the port where there is one.
    below: Vec<String>,
    /// The one that links name; none where previews cannot be reached by those who reach this server.
    linked: Option<String>,
    /// The origin of this server's own pages, for each of `below`.
    own: Vec<String>,
}

impl PreviewNames {
    pub(crate) fn new(settings: &ServerSettings) -> Self {
        let port = settings.listen.port();
        let scheme = settings.scheme;
        let public = settings.public_url.as_deref().map(origin_of);
        let with_port = |name: &str, port: u16| match port == scheme.default_port() {
            true => name.to_owned(),
            false => format!("{name}:{port}"),
        };
        let (mut below, mut own) = (Vec::new(), Vec::new());
        if let Some(wildcard) = &settings.preview_host {
            let name = wildcard.trim_start_matches("*.").to_ascii_lowercase();
            let has_port = name.contains(':');
            let public_port = public.as_deref().and_then(port_of);
            below.push(match (has_port, public.is_some()) {
                (true, _) => name,
                // Whoever brings the public address to this server brings these too, at the same port.
                (false, true) => public_port.map_or(name.clone(), |port| with_port(&name, port)),
                (false, false) => with_port(&name, port),
            });
            let local = format!("{}://{}", scheme.as_str(), with_port(LOCALHOST, port));
            own.push(public.clone().unwrap_or(local));
        }
        if on_this_machine(settings.listen.ip()) && scheme == Scheme::Http {
            let local = with_port(LOCALHOST, port);
            own.push(format!("http://{local}"));
            below.push(local);
        }
        // Whoever comes by a public address has another machine for "localhost".
        let linked = (settings.preview_host.is_some() || public.is_none())
            .then(|| below.first().cloned())
            .flatten();
        Self {
            scheme,
            below,
            linked,
            own,
        }
    }

    /// What a `Host` names; `None` if it is no name of a preview's at all.
    pub(crate) fn read(&self, host: &str) -> Option<Named> {
        let host = host.to_ascii_lowercase();
        let (label, below) = host.split_once('.')?;
        self.below.iter().find(|known| *known == below)?;
        Some(place(label).map_or(Named::Nothing, Named::Place))
    }

    /// The address of a port's preview.
    pub(crate) fn origin(&self, place: Place) -> Option<String> {
        let below = self.linked.as_deref()?;
        let (scheme, port, session) = (self.scheme.as_str(), place.port, place.session);
        Some(format!("{scheme}://{port}--{session}.{below}"))
    }

    /// The origin of this server's own pages, as somebody knows it who called a preview by this name.
    pub(crate) fn own_origin(&self, host: &str) -> Option<&str> {
        let host = host.to_ascii_lowercase();
        let (_, below) = host.split_once('.')?;
        let known = self.below.iter().position(|known| known == below)?;
        self.own.get(known).map(String::as_str)
    }
}

fn on_this_machine(address: IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

fn port_of(origin: &str) -> Option<u16> {
    origin.rsplit_once(':')?.1.parse().ok()
}

/// `3000--0193a5b2-…`, spelled in the one way in which links spell it.
pub(super) fn place(label: &str) -> Option<Place> {
    let (port, session) = label.split_once("--")?;
    let place = Place {
        session: SessionId(uuid::Uuid::try_parse(session).ok()?),
        port: port.parse().ok().filter(|port| *port > 0)?,
    };
    (format!("{}--{}", place.port, place.session) == label).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SigningKey;

    const ID: &str = "0193a5b2-7c1d-7e2f-8a3b-4c5d6e7f8091";

    fn names(listen: &str, change: impl FnOnce(&mut ServerSettings)) -> PreviewNames {
        let mut settings =
            ServerSettings::new(listen.parse().unwrap(), SigningKey([0; 32]), "test");
        change(&mut settings);
        PreviewNames::new(&settings)
    }

    fn here() -> Place {
        place(&format!("3000--{ID}")).unwrap()
    }

    #[test]
    fn a_name_is_read_in_one_spelling_only() {
        let names = names("127.0.0.1:7070", |_| {});
        let read = |label: &str| names.read(&format!("{label}.localhost:7070"));
        assert_eq!(read(&format!("3000--{ID}")), Some(Named::Place(here())));
        let (capitals, short) = (ID.to_uppercase(), ID.replace('-', ""));
        assert_eq!(
            read(&format!("3000--{capitals}")),
            Some(Named::Place(here()))
        );
        for label in [
            format!("03000--{ID}"),
            format!("+3000--{ID}"),
            format!("0--{ID}"),
            format!("65536--{ID}"),
            format!("3000--{short}"),
            format!("3000-{ID}"),
            format!("3000--{ID}--x"),
            "3000--name".to_owned(),
            "x".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(&label), Some(Named::Nothing), "{label}");
        }
        for host in [
            format!("3000--{ID}.localhost"),
            format!("3000--{ID}.localhost:7071"),
            format!("3000--{ID}.localhost:7070.evil.example"),
            format!("3000--{ID}.evil.example:7070"),
            format!("x.3000--{ID}.localhost:7070"),
            "localhost:7070".to_owned(),
            "127.0.0.1:7070".to_owned(),
        ] {
            assert_eq!(names.read(&host), None, "{host}");
        }
    }

    #[test]
    fn links_name_what_their_reader_can_reach() {
        let origin = |names: &PreviewNames| names.origin(here());
        let label = format!("3000--{ID}");
        let local = names("127.0.0.1:7070", |_| {});
        assert_eq!(
            origin(&local),
            Some(format!("http://{label}.localhost:7070"))
        );
        let public = |settings: &mut ServerSettings| {
            settings.scheme = Scheme::Https;
            settings.public_url = Some("https://box.example/".to_owned());
        };
        assert_eq!(origin(&names("0.0.0.0:7070", public)), None);
        let wild = names("0.0.0.0:7070", |settings| {
            public(settings);
            settings.preview_host = Some("*.Preview.example".to_owned());
        });
        assert_eq!(
            origin(&wild),
            Some(format!("https://{label}.preview.example"))
        );
        let host = format!("{label}.preview.example");
        assert_eq!(wild.read(&host), Some(Named::Place(here())));
        assert_eq!(wild.own_origin(&host), Some("https://box.example"));
        let ported = names("0.0.0.0:7070", |settings| {
            public(settings);
            settings.public_url = Some("https://box.example:8443".to_owned());
            settings.preview_host = Some("*.preview.example".to_owned());
        });
        assert_eq!(
            origin(&ported),
            Some(format!("https://{label}.preview.example:8443"))
        );
        assert_eq!(origin(&names("192.0.2.1:7070", |_| {})), None);
    }
}
