/* Control messages between the library and the worker: whole, or refused. */
#include "shark/message.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "test.h"

static int ends[2];

static void begin(void) { CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends)); }

static void write_raw(uint32_t len, uint32_t kind, const char *bytes, size_t n)
{
    struct wire_head head = {len, kind};
    CHECK(write(ends[0], &head, sizeof head) == sizeof head);
    CHECK(write(ends[0], bytes, n) == (ssize_t)n);
}

/* Closes the other side, so that what is missing never comes. */
static bool receive(struct wire_head *head, uint8_t **bytes)
{
    close(ends[0]);
    bool ok = message_receive(ends[1], head, bytes, NULL);
    close(ends[1]);
    return ok;
}

TEST(a_message_arrives_whole)
{
    struct wire_head head;
    uint8_t *bytes;
    begin();
    CHECK(message_send(ends[0], WIRE_QUERY, "hello", 5, NULL, 0));
    CHECK(receive(&head, &bytes));
    CHECK(head.kind == WIRE_QUERY && head.len == 5 && !memcmp(bytes, "hello", 5));
    memory_free(bytes);
}

TEST(an_empty_message_arrives)
{
    struct wire_head head;
    uint8_t *bytes;
    begin();
    CHECK(message_send(ends[0], WIRE_LIST, NULL, 0, NULL, 0));
    CHECK(receive(&head, &bytes));
    CHECK(head.kind == WIRE_LIST && head.len == 0 && bytes);
    memory_free(bytes);
}

TEST(a_length_beyond_the_limit_is_refused)
{
    struct wire_head head;
    uint8_t *bytes;
    begin();
    write_raw(WIRE_MOST + 1u, WIRE_FIELDS, "", 0);
    CHECK(!receive(&head, &bytes));
    CHECK(!bytes);
}

TEST(a_message_that_ends_too_early_is_refused)
{
    struct wire_head head;
    uint8_t *bytes;
    begin();
    write_raw(10, WIRE_FIELDS, "abc", 3);
    CHECK(!receive(&head, &bytes));
    memory_free(bytes);
}

TEST(half_a_head_is_refused)
{
    struct wire_head head;
    uint8_t *bytes;
    begin();
    CHECK(write(ends[0], "abcd", 4) == 4);
    CHECK(!receive(&head, &bytes));
    memory_free(bytes);
}

TEST(sending_to_nobody_fails_without_a_signal)
{
    begin();
    close(ends[1]);
    CHECK(!message_send(ends[0], WIRE_FORK, "x", 1, NULL, 0));
    close(ends[0]);
}

TEST(descriptors_go_with_the_first_bytes)
{
    int given[2], got[WIRE_FDS] = {-1, -1, -1};
    char room[CMSG_SPACE(sizeof got)], head[sizeof(struct wire_head)];
    begin();
    CHECK(!pipe(given));
    CHECK(message_send(ends[0], WIRE_FORK, NULL, 0, given, 2));
    struct iovec part = {head, sizeof head};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    CHECK(recvmsg(ends[1], &m, 0) == sizeof head);
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    CHECK(c && c->cmsg_len == CMSG_LEN(2 * sizeof(int)));
    memcpy(got, CMSG_DATA(c), 2 * sizeof(int));
    CHECK(write(got[1], "y", 1) == 1);
    CHECK(read(given[0], head, 1) == 1 && *head == 'y');
    for (int i = 0; i < 2; i++) {
        close(given[i]);
        close(got[i]);
        close(ends[i]);
    }
}
