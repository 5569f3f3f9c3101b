//! The entry of `cargo xtask`: takes the command line apart and hands it to the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match xtask::dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            xtask::report::failure(&error);
            ExitCode::FAILURE
        }
    }
}
