/* The file of -o: there whole, or not at all. */
#ifndef FC_CLI_TARGET_H
#define FC_CLI_TARGET_H

#include <stdbool.h>

struct target {
    int fd;     /* open for writing; -1 once closed */
    char *path; /* to write to: a temporary name in the folder of `name`, or `name` itself for a device */
    char *name; /* with links followed */
    bool rename;
};

/* Returns 0 or an errno. */
int target_open(struct target *target, const char *path);
/* Closes, and gives the file its name; returns 0 or an errno, and then the temporary file is gone. */
int target_commit(struct target *target);
/* Closes and removes; also after target_commit, where it only frees. */
void target_drop(struct target *target);

#endif
