//! What `longhouse doctor` says where there is an engine.

use super::engine::{IMAGE, Yard};
use crate::doctor::says;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_engine_and_the_usual_image_are_looked_at() {
    let mut yard = Yard::new();
    says(&yard.house, "container engine", "ok", "version");
    says(&yard.house, "container image", "ok", IMAGE);

    let image = ("LONGHOUSE_DOCKER_IMAGE", "longhouse-workspace:never-built");
    let variables = &mut yard.house.variables;
    variables.retain(|(name, _)| name != image.0);
    variables.push((image.0.to_owned(), image.1.to_owned()));
    says(&yard.house, "container image", "warn", "cargo xtask images");
}
