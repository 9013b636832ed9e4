//! `docker-compose.yml` and `deploy/`, held against the binary and the repository. No Docker is needed.
//!
//! What a container engine alone can show is shown by hand, see docs/ops/compose.md.

mod command;
mod compose;
mod files;

use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

#[track_caller]
fn read(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
