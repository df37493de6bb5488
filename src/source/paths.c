/* The paths that the user gave, expanded to the captures to read.
 *
 * Invariant: the captures of one path are in byte order of their whole paths. Each folder below a path is
 * read once, under its own name if it has one there, else under that of the first symbolic link in byte
 * order. So loops of links end, and links that fan out cost no more than there are links. Hidden entries of a
 * folder are left out, but a hidden path that the user gave is not. */
#include "source/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

/* The captures found below one path. */
struct scan {
    struct paths *files;
    struct paths links;    /* symbolic links to folders that wait */
    struct hash_key key;   /* of the table of folders that were read */
    struct identity *read; /* open addressing; a power of two of slots, at most half of them used */
    size_t n_read, n_slots;
};

/* A file or folder. Inodes begin at 1, so that zeros are a free slot. */
struct identity {
    dev_t device;
    ino_t inode;
};

/* Paths of at most 4,096 bytes, the kernel's limit, allow about 2,000 levels, and each level costs a file
 * descriptor while it is read. */
enum { MAX_DEPTH = 200, FIRST_SLOTS = 64 };

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

/* ---- folders that were read ---- */

static struct identity *slot_of(const struct scan *scan, const struct identity *id)
{
    const uint64_t words[2] = {(uint64_t)id->device, (uint64_t)id->inode};
    size_t at = hash_bytes(&scan->key, words, sizeof words) & (scan->n_slots - 1);
    while (scan->read[at].inode && (scan->read[at].inode != id->inode || scan->read[at].device != id->device))
        at = (at + 1) & (scan->n_slots - 1);
    return &scan->read[at];
}

static bool grow_slots(struct scan *scan)
{
    struct scan wider = *scan;
    wider.n_slots = scan->n_slots ? scan->n_slots * 2 : FIRST_SLOTS;
    wider.read = memory_zero(wider.n_slots, sizeof *wider.read);
    if (!wider.read)
        return false;
    for (size_t i = 0; i < scan->n_slots; i++)
        if (scan->read[i].inode)
            *slot_of(&wider, &scan->read[i]) = scan->read[i];
    memory_free(scan->read);
    *scan = wider;
    return true;
}

/* Notes that the folder is read now. *again: it was read before. Returns false when memory ends. */
static bool note_folder(struct scan *scan, const struct stat *st, bool *again)
{
    const struct identity id = {st->st_dev, st->st_ino};
    if (2 * (scan->n_read + 1) > scan->n_slots && !grow_slots(scan))
        return false;
    struct identity *slot = slot_of(scan, &id);
    *again = slot->inode != 0;
    scan->n_read += !*again;
    *slot = id;
    return true;
}

/* ---- a folder ---- */

static enum fc_status folder_walk(struct scan *scan, const char *path, unsigned depth, struct fc_error *err);

/* The kind of a folder's entry (S_IFREG, S_IFDIR, S_IFLNK for a link to a folder, 0 for others). The file
 * itself is examined only if the entry does not contain its kind. */
static mode_t entry_kind(int folder, const struct dirent *entry)
{
    if (entry->d_type == DT_REG)
        return S_IFREG;
    if (entry->d_type == DT_DIR)
        return S_IFDIR;
    struct stat st, link;
    if ((entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN) || fstatat(folder, entry->d_name, &st, 0) ||
        fstatat(folder, entry->d_name, &link, AT_SYMLINK_NOFOLLOW))
        return 0;
    return S_ISDIR(st.st_mode) && S_ISLNK(link.st_mode) ? S_IFLNK : st.st_mode & S_IFMT;
}

static enum fc_status folder_add_entry(struct scan *scan, DIR *dir, const struct dirent *entry,
                                       const char *folder, unsigned depth, struct fc_error *err)
{
    mode_t kind = entry_kind(dirfd(dir), entry);
    if (entry->d_name[0] == '.' || (kind != S_IFREG && kind != S_IFDIR && kind != S_IFLNK))
        return FC_OK;
    char *path = path_join(folder, entry->d_name);
    if (kind == S_IFREG || !path)
        return paths_append(scan->files, path, err);
    if (kind == S_IFLNK)
        return paths_append(&scan->links, path, err);
    enum fc_status status = folder_walk(scan, path, depth + 1, err);
    memory_free(path);
    return status;
}

/* A folder that cannot be read is an error if the user named it. Below that it becomes an input, of which
 * opening reports the same problem, so that the captures beside it are read. */
static enum fc_status folder_unreadable(struct scan *scan, const char *path, unsigned depth,
                                        struct fc_error *err)
{
    if (depth)
        return paths_append(scan->files, memory_text(path), err);
    return error_set(err, FC_IO, -1, "%s: cannot read the folder: %s", path, strerror(errno));
}

static enum fc_status folder_walk(struct scan *scan, const char *path, unsigned depth, struct fc_error *err)
{
    struct stat st;
    bool again = false;
    DIR *dir = depth > MAX_DEPTH ? NULL : opendir(path);
    if (!dir)
        return folder_unreadable(scan, path, depth, err);
    enum fc_status status = FC_OK;
    if (fstat(dirfd(dir), &st))
        status = folder_unreadable(scan, path, depth, err);
    else if (!note_folder(scan, &st, &again))
        status = error_memory(err);
    struct dirent *entry;
    while (status == FC_OK && !again && (entry = readdir(dir)))
        status = folder_add_entry(scan, dir, entry, path, depth, err);
    closedir(dir);
    return status;
}

static int path_compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void paths_sort(struct paths *paths, size_t from)
{
    if (paths->n > from)
        qsort(paths->items + from, paths->n - from, sizeof paths->items[0], path_compare);
}

/* Appends the files of a folder, sorted. Links are followed when all folders under their own names have been
 * read; links below those are the next round. */
static enum fc_status add_folder(struct paths *paths, const char *path, struct fc_error *err)
{
    struct scan scan = {.files = paths};
    size_t before = paths->n;
    hash_key_make(&scan.key);
    enum fc_status status = folder_walk(&scan, path, 0, err);
    while (status == FC_OK && scan.links.n) {
        struct paths round = scan.links;
        scan.links = (struct paths){0};
        paths_sort(&round, 0);
        for (size_t i = 0; i < round.n && status == FC_OK; i++)
            status = folder_walk(&scan, round.items[i], 1, err);
        paths_free(&round);
    }
    paths_free(&scan.links);
    memory_free(scan.read);
    if (status == FC_OK)
        paths_sort(paths, before);
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

enum fc_status paths_add_file(struct paths *paths, const char *path, struct fc_error *err)
{
    return paths_append(paths, memory_text(path), err);
}

void paths_free(struct paths *paths)
{
    for (size_t i = 0; i < paths->n; i++)
        memory_free(paths->items[i]);
    memory_free(paths->items);
    *paths = (struct paths){0};
}
