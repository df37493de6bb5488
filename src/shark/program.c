/* Invariant: the program gets nothing of the caller's environment that could change an answer. */
#include "shark/program.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"
#include "shark/wire.h"

static const char program[] = "flowcontainer-worker";

/* ---- finding it ---- */

/* The folder of the executable or shared library that this code is part of. */
static bool own_folder(char out[PATH_MAX])
{
    Dl_info info;
    static const char here = 0;
    char *slash = NULL;
    if (dladdr(&here, &info) && info.dli_fname && strchr(info.dli_fname, '/') &&
        realpath(info.dli_fname, out))
        slash = strrchr(out, '/');
    else if (realpath("/proc/self/exe", out))
        slash = strrchr(out, '/');
    if (slash)
        *slash = 0;
    return slash != NULL;
}

static bool is_there(char out[PATH_MAX], const char *place, const char *folder, const char *release)
{
    char *path = NULL;
    bool found = asprintf(&path, place, folder, program, release) >= 0 && strlen(path) < PATH_MAX &&
                 !access(path, X_OK);
    if (found)
        strcpy(out, path);
    free(path);
    return found;
}

bool program_find(char out[PATH_MAX], unsigned nth)
{
    /* A Python package that brings a libwireshark of its own was chosen by the user, and comes first. */
    static const char *const places[] = {
        "%s/../flowcontainer_wireshark/%s%s",
        "%s/%s%s",
        "%s/../libexec/flowcontainer/%s%s",
        "%s/../../libexec/flowcontainer/%s%s",
#ifdef FC_LIBEXEC
        "%.0s" FC_LIBEXEC "/%s%s", /* a place that does not depend on the folder */
#endif
    };
    static const char *const releases[] = {"", "-4.0", "-4.4", "-4.6"}; /* "": one that was built here */
    char folder[PATH_MAX];
    const char *named = getenv("FLOWCONTAINER_WORKER");
    if (named && *named)
        return !nth && snprintf(out, PATH_MAX, "%s", named) < PATH_MAX && !access(out, X_OK);
    if (!own_folder(folder))
        return false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (size_t r = 0; r < sizeof releases / sizeof *releases; r++)
            if (is_there(out, places[i], folder, releases[r]) && !nth--)
                return true;
    return false;
}

/* ---- starting it ---- */

/* The user's Wireshark must not change an answer: there is no profile, plugin or Lua script in these folders,
 * and one time zone. */
static char **worker_environment(void)
{
    static const char *const fixed[] = {"HOME=/nonexistent", "XDG_CONFIG_HOME=/nonexistent",
                                        "WIRESHARK_CONFIG_DIR=/nonexistent", "TZ=UTC", "LC_ALL=C.UTF-8"};
    enum { N_FIXED = sizeof fixed / sizeof *fixed };
    extern char **environ;
    size_t n = 0, used = 0;
    while (environ && environ[n])
        n++;
    char **out = memory_zero(n + N_FIXED + 1, sizeof *out);
    for (size_t i = 0; out && i < N_FIXED; i++)
        out[used++] = (char *)fixed[i];
    for (size_t i = 0; out && i < n; i++)
        if (!strncmp(environ[i], "PATH=", 5) || !strncmp(environ[i], "LD_", 3) ||
            !strncmp(environ[i], "FLOWCONTAINER_", 14))
            out[used++] = environ[i];
    return out;
}

static int spawn(pid_t *process, const char *path, int socket)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    char *arguments[] = {(char *)program, NULL}, **environment = worker_environment();
    if (!environment)
        return ENOMEM;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, socket, WIRE_CONTROL);
    for (int fd = 0; fd < WIRE_CONTROL; fd++)
        posix_spawn_file_actions_addopen(&files, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(
        &attributes,
        POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK); /* Ctrl-C must not end the worker: the library does */
    int error = posix_spawn(process, path, &files, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    memory_free(environment);
    return error;
}

enum fc_status program_start(pid_t *process, int *socket, unsigned nth, struct fc_error *err)
{
    char path[PATH_MAX];
    int ends[2];
    if (!program_find(path, nth))
        return error_set(
            err, FC_UNSUPPORTED, -1,
            "the wireshark engine is not there: %s was not built. Wheels bring it: pip install one, and apt "
            "install tshark. A build of your own needs libwireshark-dev, libwiretap-dev, "
            "libwsutil-dev and libglib2.0-dev. FLOWCONTAINER_WORKER may name the program",
            program);
    if (!os_socket_pair(ends))
        return error_set(err, FC_IO, -1, "no socket: %s", strerror(errno));
    int error = spawn(process, path, ends[1]);
    close(ends[1]);
    *socket = ends[0];
    if (!error)
        return FC_OK;
    close(ends[0]);
    return error_set(err, FC_UNSUPPORTED, -1, "%s: %s", path, strerror(error));
}
