//! Sees to it that the folder of the web UI exists, so that the server builds before the UI was ever built.

use std::path::Path;

const PLACEHOLDER: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Longhouse</title>\n\
    <p>The web UI was not built into this binary. Run <code>cargo xtask build</code>.</p>\n</html>\n";

fn main() -> std::io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    std::fs::create_dir_all(&dist)?;
    let index = dist.join("index.html");
    if !index.exists() {
        std::fs::write(index, PLACEHOLDER)?;
    }
    println!("cargo::rerun-if-changed=../../web/dist");
    Ok(())
}
