/* The jail of a child: it limits what a child can do when bytes of strangers take control of it. */
#ifndef FCW_JAIL_H
#define FCW_JAIL_H

/* Opens an empty folder that has been removed already, the later root of children; -1 when that is not
 * possible. */
int jail_root(void);
/* Enters the jail for good, with all parts that the kernel and the user's rights allow. Without rights of
 * root these are the limits, no new privileges, and the list of system calls. Returns bits for the parts that
 * are missing. */
unsigned jail_enter(int root);
/* Tries the jail in a process of its own. Returns the missing parts in words; "": none. */
const char *jail_try(int root);

#endif
