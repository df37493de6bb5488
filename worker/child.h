/* SPDX-License-Identifier: GPL-2.0-or-later
 * A child of the worker: it dissects one capture after another in a jail. */
#ifndef FCW_CHILD_H
#define FCW_CHILD_H

/* Serves the requests that come over the socket until its end. Does not return. */
_Noreturn void child_serve(int socket, int root);

#endif
