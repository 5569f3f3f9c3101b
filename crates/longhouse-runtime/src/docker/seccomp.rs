//! Which calls of the kernel a container's programs may make: a list of what programs without any privilege use, and nothing else.
//!
//! It is a list of our own because an engine's built-in one depends on its age: old ones let through io_uring and sockets to the machine's
//! hypervisor. Programs here have no capability at all, so calls that need one are simply not in it. An unknown name is passed over by
//! the engine, and a call that is newer than this list is answered with "not there", on which programs fall back.

use serde_json::{Value, json};

/// Namespaces that `clone` could make; none of them may be.
const CLONE_NEW: u64 = 0x7E02_0000;

/// The answer to `clone3`, whose flags cannot be looked at: "not there", on which a program uses `clone`.
const ENOSYS: u32 = 38;

/// Address families that reach past the container: the kernel's cryptography (38), and the hypervisor (40).
const BARRED_FAMILIES: [u64; 2] = [38, 40];

/// The personalities that programs ask for: the usual ones, with and without a fixed address space.
const PERSONALITIES: [u64; 5] = [0x0, 0x0008, 0x0002_0000, 0x0002_0008, 0xFFFF_FFFF];

/// Files and directories.
const FILES: &str = "\
    access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 \
    fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 \
    fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync \
    ftruncate ftruncate64 futimesat getcwd getdents getdents64 getxattr getxattrat inotify_add_watch inotify_init \
    inotify_init1 inotify_rm_watch ioctl lchown lchown32 lgetxattr link linkat listxattr listxattrat llistxattr \
    lremovexattr lseek lsetxattr lstat lstat64 _llseek mkdir mkdirat mknod mknodat newfstatat open openat openat2 \
    pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv removexattr \
    removexattrat rename renameat renameat2 rmdir sendfile sendfile64 setxattr setxattrat splice stat stat64 \
    statfs statfs64 statx symlink symlinkat sync sync_file_range sync_file_range2 syncfs tee truncate truncate64 \
    umask unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice write writev cachestat \
    landlock_add_rule landlock_create_ruleset landlock_restrict_self";

/// Memory.
const MEMORY: &str = "\
    brk get_mempolicy madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall \
    mmap mmap2 modify_ldt mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect \
    process_madvise process_mrelease remap_file_pages set_mempolicy mbind set_thread_area get_thread_area";

/// Processes, threads, signals, and who one is.
const PROCESSES: &str = "\
    alarm arch_prctl capget capset execve execveat exit exit_group fork futex futex_requeue futex_time64 \
    futex_wait futex_waitv futex_wake getcpu getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups \
    getgroups32 getpgid getpgrp getpid getppid getpriority getresgid getresgid32 getresuid getresuid32 getrlimit \
    get_robust_list getrusage getsid gettid getuid getuid32 ioprio_get ioprio_set kill kcmp nice pause pidfd_getfd \
    pidfd_open pidfd_send_signal prctl prlimit64 ptrace restart_syscall rseq rt_sigaction rt_sigpending \
    rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 \
    rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min \
    sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr \
    sched_setparam sched_setscheduler sched_yield seccomp setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 \
    setgroups setgroups32 setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 \
    setreuid setreuid32 setrlimit set_robust_list setsid set_tid_address setuid setuid32 sigaltstack signal \
    sigaction signalfd signalfd4 sigpending sigprocmask sigreturn sigsuspend tgkill tkill ugetrlimit vfork wait4 \
    waitid waitpid";

/// Waiting, time, and talking to one another.
const WAITING: &str = "\
    accept accept4 bind clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep \
    clock_nanosleep_time64 connect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 \
    epoll_wait epoll_wait_old eventfd eventfd2 getitimer getpeername getrandom getsockname getsockopt gettimeofday \
    io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ipc listen \
    mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 \
    mq_unlink msgctl msgget msgrcv msgsnd nanosleep _newselect pipe pipe2 poll ppoll ppoll_time64 pselect6 \
    pselect6_time64 recv recvfrom recvmmsg recvmmsg_time64 recvmsg select semctl semget semop semtimedop \
    semtimedop_time64 send sendmmsg sendmsg sendto setitimer setsockopt shmat shmctl shmdt shmget shutdown \
    socketpair sysinfo time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime \
    timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times uname";

/// The profile, as an engine takes it.
pub(super) fn profile() -> String {
    let mut rules: Vec<Value> = [FILES, MEMORY, PROCESSES, WAITING]
        .into_iter()
        .map(|names| names.split_ascii_whitespace().collect::<Vec<_>>())
        .map(|names| json!({ "names": names, "action": "SCMP_ACT_ALLOW" }))
        .collect();
    rules.extend(families().map(|(value, comparison)| when("socket", 0, value, comparison)));
    rules.extend(PERSONALITIES.map(|value| when("personality", 0, value, "SCMP_CMP_EQ")));
    rules.push(json!({
        "names": ["clone"],
        "action": "SCMP_ACT_ALLOW",
        "args": [{ "index": 0, "value": CLONE_NEW, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }],
    }));
    rules.push(json!({ "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS }));
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "archMap": [
            { "architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
            { "architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"] },
        ],
        "syscalls": rules,
    })
    .to_string()
}

fn when(call: &str, index: u32, value: u64, comparison: &str) -> Value {
    json!({
        "names": [call],
        "action": "SCMP_ACT_ALLOW",
        "args": [{ "index": index, "value": value, "op": comparison }],
    })
}

/// Every family but the barred ones: below the first, between the two, above the second. Rules of one call are alternatives.
fn families() -> impl Iterator<Item = (u64, &'static str)> {
    let [low, high] = BARRED_FAMILIES;
    let between = (low + 1..high).map(|family| (family, "SCMP_CMP_EQ"));
    [(low, "SCMP_CMP_LT"), (high, "SCMP_CMP_GT")]
        .into_iter()
        .chain(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_past_the_container_is_in_no_list() {
        let all = [FILES, MEMORY, PROCESSES, WAITING].join(" ");
        let all: Vec<&str> = all.split_ascii_whitespace().collect();
        let barred = "\
            io_uring_setup io_uring_enter io_uring_register mount umount2 unshare setns pivot_root bpf \
            keyctl add_key request_key perf_event_open userfaultfd process_vm_readv process_vm_writev \
            kexec_load init_module open_by_handle_at socketcall chroot reboot swapon clone clone3 \
            socket personality vhangup iopl ioperm";
        for barred in barred.split_ascii_whitespace() {
            assert!(!all.contains(&barred), "{barred}");
        }
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.len());
    }

    #[test]
    fn each_family_but_the_barred_ones_is_let_through() {
        let passes = |family: u64| {
            families().any(|(value, comparison)| match comparison {
                "SCMP_CMP_LT" => family < value,
                "SCMP_CMP_GT" => family > value,
                _ => family == value,
            })
        };
        let barred: Vec<u64> = (0..64).filter(|family| !passes(*family)).collect();
        assert_eq!(barred, BARRED_FAMILIES);
    }
}
