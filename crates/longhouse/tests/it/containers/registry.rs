//! A registry of one image, which an engine of a test's own can reach. It gives the image's large layer slowly, for as long as it is told.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::engine::IMAGE;
use super::mortal::Mortal;

/// So large is the layer that is given slowly, and so large are its pieces, bytes.
const LARGE: usize = 8 << 20;
const PIECE: usize = 64 << 10;

/// How long a slow piece takes, unless one is told to be fast.
const PACE: Duration = Duration::from_millis(50);

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// See the module. It ends with the engine's namespaces.
pub(super) struct Registry {
    /// What its image is called.
    pub(super) image: String,
    /// Whether the large layer was asked for.
    asked: Arc<AtomicBool>,
    hurry: Sender<()>,
}

/// What it has, by digest.
struct Image {
    manifest: Vec<u8>,
    small: Vec<Vec<u8>>,
    large: Vec<u8>,
}

impl Registry {
    /// With an image that is the tests' own and a large file more.
    pub(super) fn before(engine: &Mortal, room: &Path) -> Self {
        let listener = engine.listen();
        let image = format!("{}/made/here:1", listener.local_addr().unwrap());
        let (hurry, hurried) = channel();
        let asked = Arc::new(AtomicBool::new(false));
        let (has, told) = (Arc::new(Image::make(engine, room)), asked.clone());
        let hurried = Arc::new(Mutex::new(hurried));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (has, told, hurried) = (has.clone(), told.clone(), hurried.clone());
                // An engine that gives up is its own matter.
                std::thread::spawn(move || has.answer(stream, &told, &hurried));
            }
        });
        Self {
            image,
            asked,
            hurry,
        }
    }

    /// From now on it is as fast as it can be. Whether it had been asked for the large layer at all.
    pub(super) fn hurry(&self) -> bool {
        // Nobody hears it where all is given already.
        let _ = self.hurry.send(());
        self.asked.load(Ordering::SeqCst)
    }
}

impl Image {
    fn make(engine: &Mortal, room: &Path) -> Self {
        let small = room.join("small.tar");
        let made = engine.try_docker(&["create", IMAGE, "true"]).unwrap();
        let out = small.to_str().unwrap();
        engine
            .try_docker(&["export", "--output", out, &made])
            .unwrap();
        engine.try_docker(&["rm", &made]).unwrap();
        let mut noise = vec![0; LARGE];
        getrandom::fill(&mut noise).unwrap();
        fs::write(room.join("noise"), noise).unwrap();
        let large = Command::new("tar")
            .args(["--create", "--owner=0", "--group=0", "noise"])
            .current_dir(room)
            .output()
            .unwrap();
        assert!(large.status.success());
        let (small, large) = (fs::read(small).unwrap(), large.stdout);
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let config = json!({"architecture": architecture, "os": "linux", "config": {"Cmd": ["sh"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(&small), digest(&large)]}});
        let config = config.to_string().into_bytes();
        let told = |kind: &str, bytes: &[u8]| -> Value {
            json!({"mediaType": format!("application/vnd.oci.image.{kind}"), "size": bytes.len(), "digest": digest(bytes)})
        };
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": told("config.v1+json", &config),
            "layers": [told("layer.v1.tar", &small), told("layer.v1.tar", &large)]});
        Self {
            manifest: manifest.to_string().into_bytes(),
            small: vec![config, small],
            large,
        }
    }

    /// Answers one request as the registry's protocol has it (github.com/opencontainers/distribution-spec, "Pulling manifests" and "Pulling
    /// blobs").
    fn answer(
        &self,
        mut stream: TcpStream,
        asked: &AtomicBool,
        hurried: &Mutex<Receiver<()>>,
    ) -> Option<()> {
        let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
        let first = lines.next()?.ok()?;
        let _rest = lines
            .by_ref()
            .take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
            .count();
        let mut words = first.split(' ');
        let (method, path) = (words.next()?, words.next()?);
        let wanted = path.rsplit('/').next()?;
        let small = self.small.iter().find(|blob| digest(blob) == wanted);
        let (kind, bytes) = match path {
            "/v2/" => ("application/json", &b"{}"[..]),
            _ if path.contains("/manifests/") => (MANIFEST, &self.manifest[..]),
            _ if wanted == digest(&self.large) => ("application/octet-stream", &self.large[..]),
            _ => ("application/octet-stream", &small?[..]),
        };
        let length = bytes.len();
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nDocker-Content-Digest: {}\r\n\r\n", digest(bytes)).ok()?;
        if method == "HEAD" {
            return Some(());
        }
        if length < LARGE {
            return stream.write_all(bytes).ok();
        }
        asked.store(true, Ordering::SeqCst);
        let hurried = hurried.lock().unwrap();
        let mut pieces = bytes.chunks(PIECE);
        for piece in pieces.by_ref() {
            stream.write_all(piece).ok()?;
            if hurried.recv_timeout(PACE) != Err(RecvTimeoutError::Timeout) {
                break;
            }
        }
        pieces.try_for_each(|piece| stream.write_all(piece)).ok()
    }
}

fn digest(bytes: &[u8]) -> String {
    let digits: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{digits}")
}
