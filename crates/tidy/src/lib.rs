//! The rules of the house that a machine can check, as tests over the files of the repository.
//!
//! Each rule is a function from a file's path and text to findings, so that a test beside it can show that it fails where it
//! should. What the compiler, clippy, rustfmt or cargo-deny can say is left to them. Files count as soon as git would track them,
//! committed or not; what `.gitignore` names does not.

#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod finding;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod lock_files;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod names;
#[cfg(test)]
mod places;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod repository;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod unfinished;
