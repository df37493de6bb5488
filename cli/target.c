/* The file of -o: written whole, or not at all.
 *
 * Invariant: a file with the user's name is always whole. It is written under a hidden name in the same
 * folder and renamed (rename(2) is atomic within a file system). A device or a pipe is written directly,
 * because renaming over /dev/null would replace it.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suffix.h"

static char *temporary_name(const char *name, unsigned attempt)
{
    const char *slash = strrchr(name, '/');
    int folder = slash ? (int)(slash - name) + 1 : 0;
    const char *base = name + folder;
    const char *ending = suffix_of(base);
    char *out = NULL;
    /* A file name has at most 255 bytes, so only the start of a long name is used. */
    int shown = (int)(strlen(base) - strlen(ending));
    int len = asprintf(&out, "%.*s.%.*s.%ld-%u.part%s", folder, name, shown > 100 ? 100 : shown, base,
                       (long)getpid(), attempt, ending);
    return len < 0 ? NULL : out;
}

/* Opens a temporary file with the permissions of `name`, or those of the umask. */
static int open_temporary(struct target *target, const struct stat *old)
{
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        free(target->path);
        target->path = temporary_name(target->name, attempt);
        if (!target->path)
            return ENOMEM;
        target->fd = open(target->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (target->fd >= 0) {
            target->rename = true;
            return old && fchmod(target->fd, old->st_mode & 07777) ? errno : 0;
        }
        if (errno != EEXIST)
            return errno;
    }
    return EEXIST;
}

static int open_device(struct target *target)
{
    target->path = strdup(target->name);
    if (!target->path)
        return ENOMEM;
    target->fd = open(target->path, O_WRONLY | O_CLOEXEC);
    return target->fd < 0 ? errno : 0;
}

int target_open(struct target *target, const char *path)
{
    *target = (struct target){.fd = -1};
    struct stat old;
    bool exists = stat(path, &old) == 0;
    target->name = exists && S_ISREG(old.st_mode) ? realpath(path, NULL) : strdup(path);
    if (!target->name)
        return errno;
    if (exists && S_ISDIR(old.st_mode))
        return EISDIR;
    if (exists && access(path, W_OK)) /* rename would replace it, whoever owns it */
        return errno;
    if (!exists && !lstat(path, &old)) /* rename would replace a link to a file that is not there */
        return ENOENT;
    return exists && !S_ISREG(old.st_mode) ? open_device(target)
                                           : open_temporary(target, exists ? &old : NULL);
}

static int close_file(struct target *target)
{
    int bad = target->fd >= 0 && close(target->fd) ? errno : 0;
    target->fd = -1;
    return bad;
}

int target_commit(struct target *target)
{
    int bad = close_file(target);
    if (!target->rename)
        return bad;
    if (!bad && rename(target->path, target->name))
        bad = errno;
    if (bad)
        unlink(target->path);
    target->rename = false;
    return bad;
}

void target_drop(struct target *target)
{
    close_file(target);
    if (target->rename)
        unlink(target->path);
    free(target->path);
    free(target->name);
    *target = (struct target){.fd = -1};
}
