/* Preloaded into the command by tests: a call of one function of the system fails. FLOWCONTAINER_FAIL is
 * FUNCTION:N, the N-th call of it from 1; the worker's processes are left alone. If the run makes so many
 * calls, FLOWCONTAINER_FAILED names a file that is made. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static bool fails(const char *function)
{
    const char *wanted = getenv("FLOWCONTAINER_FAIL"), *told = getenv("FLOWCONTAINER_FAILED");
    size_t n = strlen(function);
    if (!wanted || !told || strcmp(program_invocation_short_name, "flowcontainer") ||
        strncmp(wanted, function, n) || wanted[n] != ':' ||
        atomic_fetch_add(&calls, 1) + 1 != atol(wanted + n + 1))
        return false;
    int (*make)(const char *, mode_t) = (int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "creat");
    int file = make(told, 0600), (*end)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
    end(file);
    return true;
}

#define FAILING(type, name, error, failed, parameters, arguments)                                            \
    type name parameters                                                                                     \
    {                                                                                                        \
        type(*real) parameters = (type(*) parameters)dlsym(RTLD_NEXT, #name);                                \
        if (!fails(#name))                                                                                   \
            return real arguments;                                                                           \
        errno = error;                                                                                       \
        return failed;                                                                                       \
    }

FAILING(ssize_t, read, EIO, -1, (int fd, void *to, size_t n), (fd, to, n))
FAILING(ssize_t, pread, EIO, -1, (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
FAILING(ssize_t, write, ENOSPC, -1, (int fd, const void *from, size_t n), (fd, from, n))
FAILING(ssize_t, sendmsg, EPIPE, -1, (int fd, const struct msghdr *m, int flags), (fd, m, flags))
FAILING(ssize_t, recvmsg, EIO, -1, (int fd, struct msghdr *m, int flags), (fd, m, flags))
FAILING(pid_t, fork, EAGAIN, -1, (void), ())
FAILING(int, pipe2, EMFILE, -1, (int ends[2], int flags), (ends, flags))
FAILING(int, socketpair, EMFILE, -1, (int d, int t, int p, int ends[2]), (d, t, p, ends))
FAILING(int, memfd_create, EMFILE, -1, (const char *name, unsigned flags), (name, flags))
FAILING(int, pthread_create, EAGAIN, EAGAIN,
        (pthread_t * thread, const pthread_attr_t *attributes, void *(*work)(void *), void *argument),
        (thread, attributes, work, argument))

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    if (!fails("open"))
        return real(path, flags, mode);
    errno = EMFILE;
    return -1;
}
