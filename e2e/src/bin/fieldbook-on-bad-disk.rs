//! The program `fieldbook` on a bad disk, for tests: all of it as it is, but for what the journal's disk does to it.

use std::process::ExitCode;

fn main() -> ExitCode {
    fieldbook::main_on(e2e::bad_disk::open)
}
