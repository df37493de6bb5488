/* What the user named -> the captures to read. */
#ifndef FC_SOURCE_PATHS_H
#define FC_SOURCE_PATHS_H

#include <flowcontainer.h>

struct paths {
    char **items;
    size_t n, capacity;
};

/* Adds what `path` stands for: itself, every regular file below a folder (recursive, in byte order of the
 * whole path, hidden files and folders left out), the matches of a glob (when no file of that very name
 * exists), or "-". FC_NOT_FOUND when there is nothing. A file found in a folder that is no capture is later a
 * problem of its own (skipped with a note), one named directly is an error. */
FC_MUST_USE enum fc_status paths_add(struct paths *paths, const char *path, struct fc_error *err);
void paths_free(struct paths *paths);

#endif
