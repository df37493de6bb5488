/* Invariant: a message is sent and received whole, or the call fails. Descriptors are passed as unix(7)
 * describes (SCM_RIGHTS). */
#include "shark/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"

enum { LOOK_MS = 50 };

bool message_send(int socket, enum wire_kind kind, const void *bytes, size_t len, const int *fds,
                  size_t n_fds)
{
    struct wire_head head = {(uint32_t)len, kind};
    char room[CMSG_SPACE(WIRE_FDS * sizeof(int))] = {0};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)bytes, len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (n_fds) {
        message.msg_control = room;
        message.msg_controllen =
            (socklen_t)CMSG_SPACE(n_fds * sizeof(int)); /* a size_t in some C libraries */
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = (socklen_t)CMSG_LEN(n_fds * sizeof(int));
        memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
    }
    size_t left = sizeof head + len;
    while (left) {
        ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        left -= (size_t)n;
        message.msg_control = NULL; /* the descriptors went with the first bytes */
        message.msg_controllen = 0;
        for (struct iovec *p = parts; n && p < parts + 2; p++) {
            size_t part = p->iov_len < (size_t)n ? p->iov_len : (size_t)n;
            p->iov_base = (char *)p->iov_base + part;
            p->iov_len -= part;
            n -= (ssize_t)part;
        }
    }
    return true;
}

/* Waits until there is something to receive; false: somebody wants to stop. */
static bool await(int socket, const struct message_stop *stop)
{
    struct pollfd waiting = {.fd = socket, .events = POLLIN};
    while (stop && stop->asked && poll(&waiting, 1, LOOK_MS) <= 0)
        if (stop->asked(stop->context))
            return false;
    return true;
}

static bool receive(int socket, void *out, size_t n, const struct message_stop *stop)
{
    for (size_t have = 0; have < n;) {
        if (!await(socket, stop))
            return false;
        ssize_t got = recv(socket, (char *)out + have, n - have, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return true;
}

bool message_receive(int socket, struct wire_head *head, uint8_t **bytes, const struct message_stop *stop)
{
    *bytes = NULL;
    if (!receive(socket, head, sizeof *head, stop) || head->len > WIRE_MOST)
        return false;
    *bytes = memory_alloc(head->len + 1);
    return *bytes && receive(socket, *bytes, head->len, stop);
}
