/* Temporary files, which have no name, so that they are gone when their process ends. */
#ifndef FC_BASE_TEMPORARY_H
#define FC_BASE_TEMPORARY_H

/* The folder that TMPDIR names, or the system's. */
const char *temporary_folder(void);
/* The descriptor of a new file there; -1 with errno when it cannot be made. */
int temporary_file(void);

#endif
