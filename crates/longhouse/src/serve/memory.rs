//! The server's own memory: nobody else looks into it, and what is no longer needed goes back to the system.

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};

/// Keys and passwords pass through this process: it leaves no core, and no program of the same user may look into it. What it
/// starts loses the mark, and may raise its limit of cores again.
pub(super) fn keep_private() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "a crash of the server may leave a core with secrets in it");
    }
    let limit = getrlimit(Resource::Core);
    let none = Rlimit {
        current: Some(0),
        maximum: limit.maximum,
    };
    // The mark above is enough where the kernel knows it; this says it once more to whatever collects cores.
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "the limit of core files could not be set");
    }
}

/// From this size on an allocation is a mapping of its own, and gone when it is freed. The C library raises its own threshold with every
/// large piece that is freed: one password's hash (19 MiB), and each thread that hashed keeps that much for ever.
#[cfg(target_env = "gnu")]
const OWN_MAPPING: libc::c_int = 1 << 20;

/// Holds the allocator to that. Before there are other threads, as the C library asks for (mallopt(3)).
pub(super) fn hold_on_to_little() {
    #[cfg(target_env = "gnu")]
    {
        #[expect(unsafe_code, reason = "there is no other door to the allocator")]
        // SAFETY: two numbers are handed over, and no other thread runs yet.
        let known = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_MAPPING) };
        if known == 0 {
            tracing::debug!("the allocator does not know its threshold");
        }
    }
}

/// Gives back what starting took and nobody needs any more, which is most of what the server holds by then.
pub(super) fn give_back() {
    #[cfg(target_env = "gnu")]
    {
        #[expect(unsafe_code, reason = "there is no other door to the allocator")]
        // SAFETY: takes a number, and touches only what is free; malloc_trim(3) may be called from any thread.
        let _gave = unsafe { libc::malloc_trim(0) };
    }
}
