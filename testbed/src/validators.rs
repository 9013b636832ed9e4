//! Validators and oracles that nobody here wrote: what they say of a published document or of a figure is compared with
//! what Fieldbook says.
//!
//! `validators/requirements.txt` names them with their versions. They are in an environment of their own, beside the
//! clients', for they want other versions of the same packages, and not each test binary needs both.

use std::path::{Path, PathBuf};

use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::clients::quiet;
use crate::{OrGiveUp, pip};

static PYTHON: OnceCell<PathBuf> = OnceCell::const_new();

/// Python, with the validators.
///
/// # Panics
/// When they can't be installed.
pub async fn python() -> Command {
    quiet(environment().await)
}

/// A program that a validator brings, such as `datacontract`.
///
/// # Panics
/// When they can't be installed.
pub async fn program(name: &str) -> Command {
    quiet(environment().await.with_file_name(name))
}

async fn environment() -> &'static Path {
    let python = PYTHON.get_or_init(async || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("validators");
        tokio::task::spawn_blocking(move || pip::environment(&folder).or_give_up("install the validators"))
            .await
            .or_give_up("install the validators")
    });
    python.await
}
