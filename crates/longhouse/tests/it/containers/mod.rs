//! Sessions in containers, against the built server and a real engine: their life, crashes at each call to the engine, what is done to
//! them from outside, an engine that is away, and what `doctor` says of it.

mod clone;
mod crash;
mod deaths;
mod disk;
mod doctor;
mod engine;
mod life;
mod logs;
mod metrics;
mod mortal;
mod orphans;
mod outside;
mod published;
mod pulled;
mod refused;
mod registry;
mod short;
mod ssh;
mod way_out;
