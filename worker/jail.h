/* What a child of the worker may still do while it looks at bytes that strangers wrote. */
#ifndef FCW_JAIL_H
#define FCW_JAIL_H

/* An empty folder that is gone already, to be the root of children; -1 when there is none. */
int jail_root(void);
/* What the jail will be without on this machine, in words; "": nothing. */
const char *jail_lacks(int root);
/* No way back. Takes what the kernel and the user's rights allow; without any rights of root these are
 * limits, no new privileges and the list of system calls. */
void jail_enter(int root);

#endif
