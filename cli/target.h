/* The file of -o: written whole, or not at all. */
#ifndef FC_CLI_TARGET_H
#define FC_CLI_TARGET_H

#include <stdbool.h>

struct target {
    int fd;     /* open for writing; -1 once closed */
    char *path; /* the file being written: a temporary name in the folder of `name`, or `name` itself for a
                   device */
    char *name; /* the user's name with symbolic links resolved */
    bool rename;
};

/* Returns 0 or an errno. */
int target_open(struct target *target, const char *path);
/* Closes the file and renames it; returns 0, or an errno after removing the temporary file. */
int target_commit(struct target *target);
/* Closes and removes the temporary file, and frees; after target_commit it only frees. */
void target_drop(struct target *target);

#endif
