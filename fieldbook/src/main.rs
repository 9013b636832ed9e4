//! The program `fieldbook`.

use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    fieldbook::main_on(|journal_dir| Arc::new(journal::Disk::new(journal_dir)))
}
