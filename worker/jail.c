/* SPDX-License-Identifier: GPL-2.0-or-later
 * Invariant: inside the jail a process can read and write only the descriptors that are open already, and it
 * can make no memory executable. A system call that is not on the list fails with EPERM instead of ending the
 * process, because libwireshark tries to open some files (dictionaries, message catalogues) and goes on
 * without them. */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534 };

int jail_root(void)
{
    char path[] = P_tmpdir "/flowcontainer.XXXXXX";
    if (geteuid() || !mkdtemp(path))
        return -1;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rmdir(path);
    return fd;
}

static void limit(int what, rlim_t most)
{
    struct rlimit r = {0};
    if (!getrlimit((__rlimit_resource_t)what, &r) && (r.rlim_max == RLIM_INFINITY || r.rlim_max > most)) {
        r.rlim_cur = r.rlim_max = most;
        setrlimit((__rlimit_resource_t)what, &r);
    }
}

/* The memory that a child may map: a quarter of the machine's memory, but at least enough for five million
 * packets. */
static rlim_t memory_most(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    rlim_t quarter = pages > 0 && size > 0 ? (rlim_t)pages * (rlim_t)size / 4 : 0, least = (rlim_t)4 << 30;
    return quarter > least ? quarter : least;
}

enum lack { LACKS_ROOT = 1, LACKS_USER = 2, LACKS_PRIVILEGES = 4, LACKS_CALLS = 8 };

/* Takes each step even if the step before it failed. */
static unsigned drop_rights(int root)
{
    unsigned lacks = 0;
    if (root < 0 || fchdir(root) || chroot("."))
        lacks |= LACKS_ROOT;
    if (geteuid())
        return lacks | LACKS_USER;
    if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
        lacks |= LACKS_USER;
    return lacks;
}

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, member))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define IF_CALL(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1)
#define ALLOW(name) IF_CALL(__NR_##name), RETURN(SECCOMP_RET_ALLOW)
/* Allowed unless the memory is to be executable. */
#define ALLOW_DATA(name)                                                                                     \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4), LOAD(args[2]),                                   \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1), RETURN(SECCOMP_RET_ERRNO | EPERM),            \
        RETURN(SECCOMP_RET_ALLOW)

static bool list_calls(void)
{
    struct sock_filter list[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        ALLOW(read),
        ALLOW(write),
        ALLOW(lseek),
        ALLOW(munmap),
        ALLOW(mremap),
        ALLOW(brk),
        ALLOW(madvise),
        ALLOW(futex),
        ALLOW(rt_sigreturn),
        ALLOW(clock_gettime),
        ALLOW(getrandom),
        ALLOW(close),
        ALLOW(exit),
        ALLOW(exit_group),
        ALLOW(rt_sigprocmask),
        ALLOW(fstat),
        ALLOW(newfstatat), /* what the C library may call for fstat */
        ALLOW(recvmsg),
        ALLOW(dup),
        ALLOW(dup3),
        ALLOW_DATA(mmap),
        ALLOW_DATA(mprotect),
        RETURN(SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog program = {.len = sizeof list / sizeof *list, .filter = list};
    return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
#else
static bool list_calls(void) { return false; }
#endif

unsigned jail_enter(int root)
{
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_AS, memory_most());
    unsigned lacks = drop_rights(root);
    limit(RLIMIT_NPROC, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of the user would reset it, so this comes last */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        lacks |= LACKS_PRIVILEGES | LACKS_CALLS;
    else if (!list_calls())
        lacks |= LACKS_CALLS;
    return lacks;
}

const char *jail_try(int root)
{
    static char text[160];
    static const char *const words[] = {"an empty root folder", "a user of its own",
                                        "the vow of no new privileges", "a list of system calls"};
    int ends[2];
    unsigned lacks = LACKS_CALLS;
    if (pipe(ends))
        return words[3];
    pid_t child = fork();
    if (!child) {
        lacks = jail_enter(root);
        _exit(write(ends[1], &lacks, sizeof lacks) != sizeof lacks);
    }
    close(ends[1]);
    if (child < 0 || read(ends[0], &lacks, sizeof lacks) != sizeof lacks)
        lacks = LACKS_CALLS;
    close(ends[0]);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (lacks >> i & 1)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? ", " : "", words[i]);
    return text;
}
