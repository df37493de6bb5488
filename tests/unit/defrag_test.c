/* The limit on incomplete datagrams; tests/diff compares what is reassembled. */
#include "stream/defrag.h"

#include "test.h"

static struct defrag defrag;
static struct arena arena;

/* A fragment of 800 bytes of a datagram of 1,600; the second one is the last. */
static enum defrag_outcome push(uint16_t id, bool second)
{
    static const struct capture_interface raw = {.link_type = 101, .fcs_len = -1};
    uint8_t bytes[820] = {
        0x45, 0, 0x03, 0x34, (uint8_t)(id >> 8), (uint8_t)id, second ? 0 : 0x20, second ? 100 : 0, 64, 17};
    struct frame frame = {
        .data = bytes, .cap_len = sizeof bytes, .len = sizeof bytes, .interface = &raw, .number = id};
    struct packet packet;
    struct datagram datagram;
    decode_frame(&packet, &frame);
    CHECK(packet.is_fragment);
    enum defrag_outcome outcome = defrag_push(&defrag, &packet, &arena, &datagram);
    CHECK(outcome != DEFRAG_COMPLETE || (datagram.len == 1600 && datagram.n_frames == 2));
    arena_reset(&arena);
    return outcome;
}

__attribute__((destructor)) static void free_all(void)
{
    defrag_free(&defrag);
    arena_free(&arena);
}

TEST(a_flood_keeps_no_later_datagram_out)
{
    enum { FLOOD = 5000 };
    defrag_free(&defrag);
    defrag.limit = 1 << 20;
    for (uint16_t id = 0; id < FLOOD; id++) {
        CHECK_INT(push(id, false), DEFRAG_PENDING);
        CHECK(defrag.held <= (1 << 20) + 2000);
    }
    CHECK(defrag.n_pending > 900 && defrag.refused == FLOOD - defrag.n_pending);
    CHECK_INT(push(FLOOD - 1, true), DEFRAG_COMPLETE); /* the newest ones are all there */
    CHECK_INT(push(FLOOD - 900, true), DEFRAG_COMPLETE);
    CHECK_INT(push(0, true), DEFRAG_PENDING); /* the oldest ones are not */
    CHECK_INT(push(FLOOD, false), DEFRAG_PENDING);
    CHECK_INT(push(FLOOD, true), DEFRAG_COMPLETE);
}

TEST(old_fragments_are_forgotten_where_the_age_says_so)
{
    defrag_free(&defrag);
    for (uint16_t id = 0; id < 500; id++) {
        defrag.age = (struct age){.now = id, .limit = id < 100 ? 0 : id - 100u};
        CHECK_INT(push(id, false), DEFRAG_PENDING);
        CHECK(defrag.n_pending <= 101);
    }
    CHECK_INT(push(400, true), DEFRAG_COMPLETE);
    CHECK_INT(push(398, true), DEFRAG_PENDING);
    CHECK_INT(defrag.refused, 0);
    defrag_reset(&defrag);
    CHECK_INT(defrag.age.limit, 0);
}

TEST(everything_that_is_held_is_given_back)
{
    defrag_free(&defrag);
    for (uint16_t id = 0; id < 500; id++)
        CHECK_INT(push(id, false), DEFRAG_PENDING);
    for (uint16_t id = 0; id < 500; id += 2)
        CHECK_INT(push(id, true), DEFRAG_COMPLETE);
    CHECK_INT(defrag.n_pending, 250);
    defrag_reset(&defrag);
    CHECK(!defrag.held && !defrag.n_pending && !defrag.oldest && !defrag.newest);
    CHECK_INT(push(1, false), DEFRAG_PENDING);
    CHECK_INT(push(1, true), DEFRAG_COMPLETE);
}
