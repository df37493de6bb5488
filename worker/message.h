/* SPDX-License-Identifier: GPL-2.0-or-later
 * Messages between the library and the worker. */
#ifndef FCW_MESSAGE_H
#define FCW_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "shark/wire.h"

struct message {
    uint32_t kind, len, pos;
    char *bytes;
    int fds[WIRE_FDS], n_fds;
};

/* The next message, or false when the library has gone; to be given to message_done. */
bool message_read(struct message *m, int socket);
void message_done(struct message *m);
/* Its parts one by one; 0 and "" behind its end. A text is the caller's to free. */
uint32_t message_uint(struct message *m);
char *message_text(struct message *m);

struct answer {
    char *bytes;
    size_t len;
    FILE *file;
};

void answer_begin(struct answer *a);
void answer_uint(struct answer *a, uint32_t u);
void answer_text(struct answer *a, const char *text);
/* Over WIRE_CONTROL; ends the process when nobody listens. */
void answer_send(struct answer *a, enum wire_kind kind);

#endif
