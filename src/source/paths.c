/* The paths that the user gave, expanded to the captures to read.
 *
 * Invariant: the captures of one path are in byte order of their whole paths. No folder is entered from
 * inside itself, so a loop of symbolic links ends. Hidden entries of a folder are left out, but a hidden path
 * that the user gave is not. */
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

/* A folder that is being read, and the folders that contain it. */
struct folder {
    const struct folder *parent;
    dev_t device;
    ino_t inode;
    unsigned depth;
};

/* Paths of at most 4,096 bytes, the kernel's limit, allow about 2,000 levels, and each level costs a file
 * descriptor while it is read. */
enum { MAX_DEPTH = 200 };

/* Takes ownership of `path`, also on failure. A NULL path is an allocation that failed. */
static enum fc_status paths_append(struct paths *paths, char *path, struct fc_error *err)
{
    if (path &&
        memory_reserve((void **)&paths->items, &paths->capacity, paths->n + 1, sizeof paths->items[0])) {
        paths->items[paths->n++] = path;
        return FC_OK;
    }
    memory_free(path);
    return error_memory(err);
}

static char *path_join(const char *folder, const char *name)
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

static enum fc_status folder_walk(struct paths *paths, const char *path, const struct folder *parent,
                                  struct fc_error *err);

/* The kind of a folder's entry (S_IFREG, S_IFDIR, 0 for others). The file itself is examined only if the
 * entry does not contain its kind. */
static mode_t entry_kind(int folder, const struct dirent *entry, const char *name)
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

static enum fc_status folder_add_entry(struct paths *paths, DIR *dir, const struct dirent *entry,
                                       const char *folder, const struct folder *self, struct fc_error *err)
{
    mode_t kind = entry_kind(dirfd(dir), entry, entry->d_name);
    if (entry->d_name[0] == '.' || (kind != S_IFREG && kind != S_IFDIR))
        return FC_OK;
    char *path = path_join(folder, entry->d_name);
    if (kind == S_IFREG || !path)
        return paths_append(paths, path, err);
    enum fc_status status = folder_walk(paths, path, self, err);
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

static enum fc_status folder_walk(struct paths *paths, const char *path, const struct folder *parent,
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
        status = error_set(err, FC_IO, -1, "%s: folders are nested more than %d deep", path, MAX_DEPTH);
    struct dirent *entry;
    while (status == FC_OK && !is_inside(&self) && (errno = 0, entry = readdir(dir)))
        status = folder_add_entry(paths, dir, entry, path, &self, err);
    closedir(dir);
    return status;
}

static int path_compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Appends the files of a folder, sorted. */
static enum fc_status add_folder(struct paths *paths, const char *path, struct fc_error *err)
{
    size_t before = paths->n;
    enum fc_status status = folder_walk(paths, path, NULL, err);
    if (status == FC_OK && paths->n > before)
        qsort(paths->items + before, paths->n - before, sizeof paths->items[0], path_compare);
    return status;
}

/* Adds a path that does not exist any more as well: opening it will report that. */
static enum fc_status add_found(struct paths *paths, const char *path, struct fc_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return add_folder(paths, path, err);
    return paths_append(paths, memory_text(path), err);
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
        qsort(found.gl_pathv, found.gl_pathc, sizeof found.gl_pathv[0], path_compare);
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
        return paths_append(paths, memory_text(path), err);
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
