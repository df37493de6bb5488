/* Control messages between the library and the worker's processes. */
#ifndef FC_SHARK_MESSAGE_H
#define FC_SHARK_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "shark/wire.h"

/* False when the other side has gone. n_fds at most WIRE_FDS. */
bool message_send(int socket, enum wire_kind kind, const void *bytes, size_t len, const int *fds,
                  size_t n_fds);
/* The next message; *bytes is the caller's to free, also after a failure. */
bool message_receive(int socket, struct wire_head *head, uint8_t **bytes);

#endif
