/* SPDX-License-Identifier: GPL-2.0-or-later
 * A child of the worker: dissects one capture after another, in a jail. */
#ifndef FCW_CHILD_H
#define FCW_CHILD_H

/* Listens to the socket until its end. Does not return. */
_Noreturn void child_serve(int socket, int root);

#endif
