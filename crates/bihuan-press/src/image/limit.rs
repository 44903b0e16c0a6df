//! What the process that decodes pictures may use and reach.
//!
//! First the limits of the system, then the same program anew under them, so that they hold from
//! its first instruction; then, where the kernel can, a filter of system calls: it may read what it
//! was given, write what it found, and take memory; it cannot open a file or a connection.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Memory that the process may address, in bytes.
pub(super) const ADDRESSES_MAX: u64 = 512 * 1024 * 1024;
/// Time of the processor that it may use, in seconds.
pub(super) const CPU_SECONDS: u64 = 3;

/// Sets the limits of the system, for this process and whatever it becomes.
pub(super) fn set() -> std::io::Result<()> {
    let one = |it: u64| Rlimit { current: Some(it), maximum: Some(it) };
    setrlimit(Resource::As, one(ADDRESSES_MAX))?;
    setrlimit(Resource::Cpu, one(CPU_SECONDS))?;
    setrlimit(Resource::Core, one(0))?;
    setrlimit(Resource::Fsize, one(0))?;
    setrlimit(Resource::Nproc, one(0))?;
    Ok(())
}

/// Takes away every system call but those that decoding needs; whether the kernel could.
#[cfg(target_os = "linux")]
pub(super) fn confine() -> bool {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
    const ALLOWED: &[i64] = &[
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_close,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];
    let Ok(arch) = std::env::consts::ARCH.try_into() else { return false };
    let rules = ALLOWED.iter().map(|it| (*it, Vec::new())).collect();
    // A call that is refused fails; the decoder then fails, and the picture with it.
    let refuse = SeccompAction::Errno(u32::from(
        rustix::io::Errno::PERM.raw_os_error().unsigned_abs() as u16,
    ));
    SeccompFilter::new(rules, refuse, SeccompAction::Allow, arch)
        .and_then(BpfProgram::try_from)
        .is_ok_and(|it| apply_filter(&it).is_ok())
}

/// Elsewhere the limits of the system have to do.
#[cfg(not(target_os = "linux"))]
pub(super) fn confine() -> bool {
    false
}
