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

/* Receives the next message; message_done frees it. False: the library has ended. */
bool message_read(struct message *m, int socket);
void message_done(struct message *m);
/* Take the parts of a message one by one: 0 and "" after its end. The caller frees a text. */
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
/* Sends the answer over WIRE_CONTROL. Ends the process when the library has ended. */
void answer_send(struct answer *a, enum wire_kind kind);

#endif
