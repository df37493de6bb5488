/* What a child of the worker may still do while it looks at bytes that strangers wrote. */
#ifndef FCW_JAIL_H
#define FCW_JAIL_H

/* An empty folder that is gone already, to be the root of children; -1 when there is none. */
int jail_root(void);
/* No way back. Takes what the kernel and the user's rights allow; without any rights of root these are
 * limits, no new privileges and the list of system calls. Returns bits of what it could not have. */
unsigned jail_enter(int root);
/* Tries the jail in a process of its own: what it is without here, in words; "": nothing. */
const char *jail_try(int root);

#endif
