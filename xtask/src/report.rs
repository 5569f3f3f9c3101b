//! What a person sees: the one place that prints.
//!
//! Plain lines without colour, so that the text reads the same on a terminal, in a CI log and with `NO_COLOR`.
#![expect(clippy::print_stdout, reason = "printing is what this module is for")]
#![expect(clippy::print_stderr, reason = "a failure belongs on the error stream")]

/// Prints one line, or several, as they are.
pub fn line(text: &str) {
    println!("{text}");
}

/// Prints the beginning of a part of the work.
pub fn heading(text: &str) {
    println!("\n=== {text} ===");
}

/// Prints a command before it runs, so that it can be repeated by hand.
pub fn command(text: &str) {
    println!("$ {text}");
}

/// Prints why a command ended without success, with the chain of causes on one line.
pub fn failure(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
