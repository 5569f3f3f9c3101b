//! Turns proto/sessiond.proto into Rust. The schema is compiled by protox, so a build needs no protoc.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let schema = Path::new("proto/sessiond.proto");
    println!("cargo:rerun-if-changed={}", schema.display());
    let descriptors = protox::compile([schema], ["proto"])?;
    tonic_prost_build::configure()
        // Output travels from the PTY's buffer to the socket without a copy, which `Vec<u8>` fields would force.
        .bytes(".")
        .btree_map(".")
        // The one transport is a Unix socket that the other side dialled; the generated `connect(url)` could not do that.
        .build_transport(false)
        .emit_rerun_if_changed(false)
        .compile_fds(descriptors)?;
    drop_allowances(&Path::new(&std::env::var("OUT_DIR")?).join("longhouse.link.v1.rs"))?;
    Ok(())
}

/// The generator allows itself type names that it does not use here, by an attribute that the workspace's lints refuse.
fn drop_allowances(generated: &Path) -> std::io::Result<()> {
    let code = std::fs::read_to_string(generated)?;
    std::fs::write(
        generated,
        code.replace("#[allow(non_camel_case_types)]\n", "\n"),
    )
}
