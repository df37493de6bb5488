/* What the user named -> the captures to read.
 *
 * Invariant: what one path stands for is in byte order of the whole path, and no folder is entered from
 * inside itself, so that a loop of symbolic links ends. Hidden entries are left out; a hidden path that is
 * named is not.
 */
#include "source/paths.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/* A folder being walked, and those it lies in. */
struct folder {
    const struct folder *parent;
    dev_t device;
    ino_t inode;
    unsigned depth;
};

/* The kernel's path limit of 4,096 bytes allows about 2,000 levels; each costs a descriptor while it is read.
 */
enum { MAX_DEPTH = 200 };

/* Takes `path`, also on failure. */
static enum fc_status append(struct paths *paths, char *path, struct fc_error *err)
{
    if (path &&
        memory_reserve((void **)&paths->items, &paths->capacity, paths->n + 1, sizeof paths->items[0])) {
        paths->items[paths->n++] = path;
        return FC_OK;
    }
    memory_free(path);
    return error_memory(err);
}

static char *join(const char *folder, const char *name)
{
    size_t n = strlen(folder), m = strlen(name);
    char *path = memory_alloc(n + m + 2);
    if (!path)
        return NULL;
    memcpy(path, folder, n);
    if (n && path[n - 1] != '/')
        path[n++] = '/';
    memcpy(path + n, name, m + 1);
    return path;
}

static enum fc_status walk(struct paths *paths, const char *path, const struct folder *parent,
                           struct fc_error *err);

/* What the system says about an entry without a look at the file itself where it knows that already. */
static mode_t kind_of(int folder, const struct dirent *entry, const char *name)
{
    if (entry->d_type == DT_REG)
        return S_IFREG;
    if (entry->d_type == DT_DIR)
        return S_IFDIR;
    struct stat st;
    if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
        return 0;
    return fstatat(folder, name, &st, 0) == 0 ? st.st_mode & S_IFMT : 0;
}

static enum fc_status add_entry(struct paths *paths, DIR *dir, const struct dirent *entry, const char *folder,
                                const struct folder *self, struct fc_error *err)
{
    mode_t kind = kind_of(dirfd(dir), entry, entry->d_name);
    if (entry->d_name[0] == '.' || (kind != S_IFREG && kind != S_IFDIR))
        return FC_OK;
    char *path = join(folder, entry->d_name);
    if (kind == S_IFREG || !path)
        return append(paths, path, err);
    enum fc_status status = walk(paths, path, self, err);
    memory_free(path);
    return status;
}

static bool is_inside(const struct folder *self)
{
    for (const struct folder *up = self->parent; up; up = up->parent)
        if (up->device == self->device && up->inode == self->inode)
            return true;
    return false;
}

static enum fc_status walk(struct paths *paths, const char *path, const struct folder *parent,
                           struct fc_error *err)
{
    struct stat st;
    DIR *dir = opendir(path);
    if (!dir || fstat(dirfd(dir), &st) < 0) {
        enum fc_status status =
            error_set(err, FC_IO, -1, "%s: cannot read the folder: %s", path, strerror(errno));
        if (dir)
            closedir(dir);
        return status;
    }
    struct folder self = {parent, st.st_dev, st.st_ino, parent ? parent->depth + 1 : 0};
    enum fc_status status = FC_OK;
    if (self.depth > MAX_DEPTH)
        status = error_set(err, FC_IO, -1, "%s: more than %d folders inside each other", path, MAX_DEPTH);
    struct dirent *entry;
    while (status == FC_OK && !is_inside(&self) && (errno = 0, entry = readdir(dir)))
        status = add_entry(paths, dir, entry, path, &self, err);
    closedir(dir);
    return status;
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* A folder's files in order, behind what was there. */
static enum fc_status add_folder(struct paths *paths, const char *path, struct fc_error *err)
{
    size_t before = paths->n;
    enum fc_status status = walk(paths, path, NULL, err);
    if (status == FC_OK && paths->n > before)
        qsort(paths->items + before, paths->n - before, sizeof paths->items[0], compare);
    return status;
}

/* What does not exist any more is added too: opening it says so. */
static enum fc_status add_found(struct paths *paths, const char *path, struct fc_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return add_folder(paths, path, err);
    return append(paths, memory_text(path), err);
}

static enum fc_status add_glob(struct paths *paths, const char *pattern, struct fc_error *err)
{
    glob_t found = {0};
    int result = glob(pattern, GLOB_NOSORT, NULL, &found);
    if (result == GLOB_NOSPACE)
        return error_memory(err);
    enum fc_status status =
        result == 0 ? FC_OK : error_set(err, FC_NOT_FOUND, -1, "%s: matches no file", pattern);
    if (status == FC_OK)
        qsort(found.gl_pathv, found.gl_pathc, sizeof found.gl_pathv[0], compare);
    size_t before = paths->n;
    for (size_t i = 0; i < found.gl_pathc && status == FC_OK; i++)
        status = add_found(paths, found.gl_pathv[i], err);
    if (status == FC_OK && paths->n == before)
        status = error_set(err, FC_NOT_FOUND, -1, "%s: matches no file", pattern);
    globfree(&found);
    return status;
}

enum fc_status paths_add(struct paths *paths, const char *path, struct fc_error *err)
{
    struct stat st;
    size_t before = paths->n;
    if (strcmp(path, "-") == 0)
        return append(paths, memory_text(path), err);
    if (stat(path, &st) == 0) {
        enum fc_status status = add_found(paths, path, err);
        if (status == FC_OK && paths->n == before)
            return error_set(err, FC_NOT_FOUND, -1, "%s: no file in this folder", path);
        return status;
    }
    int why = errno;
    if (strpbrk(path, "*?["))
        return add_glob(paths, path, err);
    if (why == ENOENT || why == ENOTDIR)
        return error_set(err, FC_NOT_FOUND, -1, "%s: no such file or folder", path);
    return error_set(err, FC_IO, -1, "%s: %s", path, strerror(why));
}

void paths_free(struct paths *paths)
{
    for (size_t i = 0; i < paths->n; i++)
        memory_free(paths->items[i]);
    memory_free(paths->items);
    *paths = (struct paths){0};
}
