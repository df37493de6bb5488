/* System calls that differ between systems and between releases of glibc. The library, the worker and the
 * command use them through these functions alone. */
#ifndef FC_BASE_OS_H
#define FC_BASE_OS_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef F_LINUX_SPECIFIC_BASE
#define F_LINUX_SPECIFIC_BASE 1024
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS (F_LINUX_SPECIFIC_BASE + 9)
#define F_SEAL_SEAL 1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW 4
#endif
enum { OS_MFD_CLOEXEC = 1, OS_MFD_ALLOW_SEALING = 2 };
#endif

/* A file of len bytes without a name, which both processes may map. -1 and errno: there is none. On Linux its
 * length is fixed for ever, so that another process cannot shorten it below a reader; elsewhere a process
 * that does so is not stopped. */
static inline int os_shared_file(size_t len)
{
#ifdef __linux__
    int file = (int)syscall(SYS_memfd_create, "flowcontainer", OS_MFD_CLOEXEC | OS_MFD_ALLOW_SEALING);
    bool ok = file >= 0 && !ftruncate(file, (off_t)len) &&
              fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
#else
    char name[] = "/tmp/flowcontainer-XXXXXX";
    int file = mkstemp(name);
    bool ok =
        file >= 0 && !unlink(name) && fcntl(file, F_SETFD, FD_CLOEXEC) == 0 && !ftruncate(file, (off_t)len);
#endif
    if (ok || file < 0)
        return file;
    int error = errno;
    close(file);
    errno = error;
    return -1;
}

/* Descriptors that no program started later inherits. Elsewhere than on Linux a program that another thread
 * starts in between may inherit them. */
static inline bool os_close_on_exec(int ends[2])
{
    bool ok = fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
    if (!ok) {
        close(ends[0]);
        close(ends[1]);
    }
    return ok;
}

static inline bool os_pipe(int ends[2])
{
#ifdef __linux__
    return !pipe2(ends, O_CLOEXEC);
#else
    return !pipe(ends) && os_close_on_exec(ends);
#endif
}

static inline bool os_socket_pair(int ends[2])
{
#ifdef __linux__
    return !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
#else
    return !socketpair(AF_UNIX, SOCK_STREAM, 0, ends) && os_close_on_exec(ends);
#endif
}

/* Asks for a larger buffer of a pipe; without one everything works, with more waits. */
static inline void os_pipe_grow(int pipe, int len)
{
#ifdef F_SETPIPE_SZ
    fcntl(pipe, F_SETPIPE_SZ, len);
#else
    (void)pipe, (void)len;
#endif
}

/* Closes all descriptors from `first` on. */
static inline void os_close_from(int first)
{
#if defined __linux__ && defined SYS_close_range
    if (!syscall(SYS_close_range, (unsigned)first, ~0U, 0))
        return;
#endif
    long most = sysconf(_SC_OPEN_MAX); /* Linux before 5.9, and other systems */
    for (int fd = first; fd < (most > 0 && most < 65536 ? (int)most : 65536); fd++)
        close(fd);
}

/* Asks the system to send this process the signal when the thread that forked it ends. Only Linux does. */
static inline void os_end_with_parent(int signal)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, signal);
#else
    (void)signal;
#endif
}

/* Reserves space on the disk for `len` bytes from `at`, which is the end of the file; the file grows by them.
 * Returns 0, or the number of the error: ENOSPC on a full disk. */
static inline int os_reserve(int file, off_t at, off_t len)
{
#ifdef __APPLE__
    fstore_t wanted = {.fst_flags = F_ALLOCATEALL, .fst_posmode = F_PEOFPOSMODE, .fst_length = len};
    return fcntl(file, F_PREALLOCATE, &wanted) || ftruncate(file, at + len) ? errno : 0;
#else
    return posix_fallocate(file, at, len);
#endif
}

/* The time of the last change of a file's content. */
static inline struct timespec os_changed(const struct stat *s)
{
#ifdef __APPLE__
    return s->st_mtimespec;
#else
    return s->st_mtim;
#endif
}

#endif
