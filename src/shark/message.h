/* Control messages between the library and the worker's processes. */
#ifndef FC_SHARK_MESSAGE_H
#define FC_SHARK_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "shark/wire.h"

/* Sends a message with n_fds descriptors, at most WIRE_FDS. False: the other side has ended. */
bool message_send(int socket, enum wire_kind kind, const void *bytes, size_t len, const int *fds,
                  size_t n_fds);
/* A function that is asked every 50 ms, while the other side is silent, whether to stop. */
struct message_stop {
    bool (*asked)(void *context); /* NULL: there is none */
    void *context;
};

/* Receives the next message. The caller frees *bytes, also after a failure. False: the other side has ended,
 * the message is longer than WIRE_MOST, memory ended, or `stop` (which may be NULL) wants to stop. */
bool message_receive(int socket, struct wire_head *head, uint8_t **bytes, const struct message_stop *stop);

#endif
