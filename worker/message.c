/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reads and writes messages of shark/wire.h. Invariant: no length inside a message leads beyond the message.
 */
#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void take_fds(struct message *m, struct msghdr *head)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        m->n_fds = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(m->fds, CMSG_DATA(c), (size_t)m->n_fds * sizeof(int));
    }
}

/* Receives all n bytes. False: the library has ended. */
static bool receive(struct message *m, int socket, void *out, size_t n)
{
    for (size_t have = 0; have < n;) {
        char room[CMSG_SPACE(WIRE_FDS * sizeof(int))];
        struct iovec part = {(char *)out + have, n - have};
        struct msghdr head = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
        ssize_t got = recvmsg(socket, &head, MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        take_fds(m, &head);
        have += (size_t)got;
    }
    return true;
}

bool message_read(struct message *m, int socket)
{
    struct wire_head head;
    *m = (struct message){0};
    if (!receive(m, socket, &head, sizeof head) || head.len > WIRE_MOST)
        return false;
    m->kind = head.kind;
    m->len = head.len;
    m->bytes = malloc(head.len + 1);
    return m->bytes && receive(m, socket, m->bytes, head.len);
}

uint32_t message_uint(struct message *m)
{
    uint32_t u = 0;
    if (m->len - m->pos >= sizeof u)
        memcpy(&u, m->bytes + m->pos, sizeof u);
    m->pos += m->len - m->pos >= sizeof u ? (uint32_t)sizeof u : m->len - m->pos;
    return u;
}

char *message_text(struct message *m)
{
    uint32_t n = message_uint(m);
    if (n > m->len - m->pos)
        n = m->len - m->pos;
    char *text = strndup(m->bytes + m->pos, n);
    m->pos += n;
    if (!text)
        exit(1);
    return text;
}

void answer_begin(struct answer *a)
{
    a->file = open_memstream(&a->bytes, &a->len);
    if (!a->file)
        exit(1);
}

void answer_uint(struct answer *a, uint32_t u) { fwrite(&u, sizeof u, 1, a->file); }

void answer_text(struct answer *a, const char *text)
{
    answer_uint(a, (uint32_t)strlen(text));
    fputs(text, a->file);
}

static void send_all(const void *bytes, size_t n)
{
    for (const char *at = bytes; n;) {
        ssize_t sent = send(WIRE_CONTROL, at, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            _exit(0);
        at += sent;
        n -= (size_t)sent;
    }
}

void answer_send(struct answer *a, enum wire_kind kind)
{
    fclose(a->file);
    struct wire_head head = {(uint32_t)a->len, kind};
    send_all(&head, sizeof head);
    send_all(a->bytes, a->len);
    free(a->bytes);
}

void message_done(struct message *m)
{
    for (int i = 0; i < m->n_fds; i++)
        close(m->fds[i]);
    free(m->bytes);
}
