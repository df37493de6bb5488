/* The paths that the user gave, expanded to the captures to read. */
#ifndef FC_SOURCE_PATHS_H
#define FC_SOURCE_PATHS_H

#include <flowcontainer.h>

struct paths {
    char **items;
    size_t n, capacity;
};

/* Adds the captures of `path`: the file itself; every regular file below a folder (recursive, in byte order
 * of the whole path, without hidden files and folders; a folder below it that cannot be read is added
 * itself, and opening it then reports why); the matches of a glob pattern, if no file has that
 * very name; or "-" for standard input. Returns FC_NOT_FOUND when there is no such file, FC_IO when a folder
 * cannot be read, FC_MEMORY.
 * A file that was found in a folder and is not a capture is later skipped with a note; a file that was named
 * is an error. */
FC_MUST_USE enum fc_status paths_add(struct paths *paths, const char *path, struct fc_error *err);
/* Adds the path of one file, without looking at it. FC_MEMORY. */
FC_MUST_USE enum fc_status paths_add_file(struct paths *paths, const char *path, struct fc_error *err);
void paths_free(struct paths *paths);

#endif
