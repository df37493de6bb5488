/* TCP reassembly: the bytes that each segment shows. Expected values: tshark 4.0.17 on such segments. The
 * protocol of these tests is: a letter, a digit n, n bytes. The bytes of message "z" are only counted; "!"
 * waits for the FIN. */
#include "stream/reasm.h"
#include "test.h"

static struct reasm reasm;
static struct reasm_side side;
static char shown[512];

static struct reasm_wish show(void *context, const struct reasm_view *view)
{
    (void)context;
    const struct rd *r = &view->bytes;
    uint32_t at = 0;
    while (at < r->len) {
        uint32_t left = r->len - at;
        int64_t want = left < 2 ? REASM_ONE_MORE : 2 + r->data[at + 1] - '0';
        if (r->data[at] == '!' && view->may_wait)
            want = REASM_UNTIL_FIN;
        else if (r->data[at] == '!')
            want = left;
        if (want < 0 || want > left)
            return (struct reasm_wish){
                .offset = at, .more = want < 0 ? want : want - left, .blind = r->data[at] == 'z'};
        size_t n = strlen(shown);
        int known = r->data[at] == 'z' ? 2 : (int)want;
        snprintf(shown + n, sizeof shown - n, "%.*s ", known, (const char *)r->data + at);
        at += (uint32_t)want;
    }
    return (struct reasm_wish){0};
}

enum { HIDDEN = 1, FIN = 2 };

/* Returns the bytes that this segment shows. */
static const char *push_flags(uint32_t seq, const char *bytes, unsigned flags)
{
    uint32_t len = (uint32_t)strlen(bytes);
    struct reasm_segment s = {.payload = rd_make((const uint8_t *)bytes, len, len),
                              .seq = seq,
                              .hidden = flags & HIDDEN,
                              .fin = flags & FIN,
                              .show = show};
    shown[0] = 0;
    reasm_turn(&reasm);
    reasm_push(&reasm, &side, &s);
    return shown;
}

static struct reasm_wish announce(void *context, const struct reasm_view *view)
{
    (void)context;
    (void)view;
    return (struct reasm_wish){.more = 16384};
}

static const char *push(uint32_t seq, const char *bytes) { return push_flags(seq, bytes, 0); }

static void begin(void)
{
    reasm_reset(&reasm);
    side = (struct reasm_side){0};
}

TEST(whole_messages_are_shown_at_once)
{
    begin();
    CHECK_TEXT(push(1, "a3abcb1x"), "a3abc b1x ");
    CHECK_INT(reasm.held, 0);
}

TEST(a_message_stands_where_it_ends)
{
    begin();
    CHECK_TEXT(push(1, "a5ab"), "");
    CHECK_TEXT(push(5, "cd"), "");
    CHECK_TEXT(push(7, "eb1xc2"), "a5abcde b1x ");
    CHECK_TEXT(push(13, "yz"), "c2yz ");
    CHECK_INT(reasm.held, 0);
}

TEST(a_length_that_is_cut)
{
    begin();
    CHECK_TEXT(push(1, "a"), "");
    CHECK_TEXT(push(2, "3a"), "");
    CHECK_TEXT(push(4, "bcb0"), "a3abc b0 ");
}

TEST(hidden_segments_are_stored_and_not_shown)
{
    begin();
    CHECK_TEXT(push(1, "a5a"), "");
    CHECK_TEXT(push(6, "d"), "");
    CHECK_TEXT(push_flags(4, "bc", HIDDEN), "");
    CHECK_TEXT(push(7, "e"), "a5abcde ");
    CHECK_TEXT(push_flags(8, "b1x", HIDDEN), "");
}

TEST(a_message_completed_by_a_hidden_segment_is_lost)
{
    begin();
    CHECK_TEXT(push(1, "a3a"), "");
    CHECK_TEXT(push(5, "c"), "");
    CHECK_TEXT(push_flags(4, "b", HIDDEN), "");
    CHECK_TEXT(push(6, "b1x"), "b1x ");
}

TEST(a_gap_ends_nothing_but_its_message)
{
    begin();
    CHECK_TEXT(push(1, "a5a"), "");
    CHECK_TEXT(push(8, "b1x"), "b1x ");
}

TEST(copies)
{
    begin();
    CHECK_TEXT(push(1, "a3a"), "");
    CHECK_TEXT(push(1, "a3a"), "");
    CHECK_TEXT(push(1, "a3abc"), ""); /* not longer than the message */
    CHECK_TEXT(push(4, "bc"), "a3abc ");
    CHECK_TEXT(push(4, "bcb1x"), ""); /* old data again: Wireshark does not read the segment */
    CHECK_TEXT(push(6, "b1x"), "b1x ");
    CHECK_TEXT(push(9, "c3"), "");
    CHECK_TEXT(push(9, "c3uvwd0"), "c3uvw d0 "); /* longer than the message: Wireshark reads it */
}

TEST(until_the_fin)
{
    begin();
    CHECK_TEXT(push(1, "a0!1"), "a0 ");
    CHECK_TEXT(push(5, "23"), "");
    CHECK_TEXT(push_flags(7, "4", FIN), "!1234 ");
    begin();
    CHECK_TEXT(push(1, "!x"), "");
    CHECK_TEXT(push_flags(3, "", FIN), "!x ");
}

TEST(a_cut_segment_is_shown_alone)
{
    begin();
    struct reasm_segment s = {.payload = rd_make((const uint8_t *)"a1x", 3, 9), .seq = 1, .show = show};
    s.payload.len = 9;
    CHECK_TEXT(push(20, "b3a"), "");
    CHECK(s.payload.cap < s.payload.len);
    CHECK_TEXT(push(23, "bc"), "b3abc ");
}

static bool counts(uint32_t seq, const char *bytes)
{
    uint32_t len = (uint32_t)strlen(bytes);
    struct rd r = rd_make((const uint8_t *)bytes, len, len);
    return reasm_counts(&side, seq, &r);
}

TEST(what_is_only_counted)
{
    begin();
    CHECK_TEXT(push(1, "z9ab"), "");
    CHECK(!counts(6, "d")); /* a gap */
    CHECK(!counts(4, "b")); /* a copy */
    CHECK(counts(5, "cd"));
    CHECK(counts(7, "ef"));
    CHECK(!counts(9, "ghib0")); /* the end of the message, and more */
    CHECK_TEXT(push(9, "ghib0"), "z9 b0 ");
    CHECK(!counts(14, "x"));
    begin();
    CHECK_TEXT(push(1, "z9ab"), "");
    CHECK(counts(5, "cd"));
    CHECK_TEXT(push(9, "ghi"), ""); /* out of order: two pieces */
    CHECK(!counts(7, "e"));
    CHECK_TEXT(push(7, "ef"), "z9 ");
}

TEST(done_messages_are_remembered)
{
    begin();
    for (uint32_t i = 0; i < 3 * REASM_MESSAGES_LIMIT; i++) {
        CHECK_TEXT(push(1 + 4 * i, "a2x"), "");
        CHECK_TEXT(push(4 + 4 * i, "y"), "a2xy ");
    }
    CHECK(side.n_messages <= side.room && side.room == REASM_MESSAGES);
    CHECK_TEXT(push(1, "a2xy"), "");
    CHECK_TEXT(push(4, "y"), "");
    CHECK_INT(reasm.refused, 0);
    begin();
    for (uint32_t i = 0; i < 2 * REASM_MESSAGES_LIMIT; i++) { /* with other messages between them */
        push(1 + 6 * i, "a2x");
        CHECK_TEXT(push(4 + 6 * i, "yb0"), "a2xy b0 ");
    }
    CHECK_INT(side.room, REASM_MESSAGES_LIMIT);
    CHECK_INT(reasm.refused, 0);
    push(4, "y"); /* a copy of a message that was dropped */
    CHECK_INT(reasm.refused, 1);
}

TEST(limits_are_kept_and_counted)
{
    begin();
    char text[8] = "a9x";
    for (uint32_t i = 0; i < 3 * REASM_MESSAGES_LIMIT; i++)
        push(1 + i * 100, text);
    CHECK_INT(side.n_messages, REASM_MESSAGES_LIMIT);
    CHECK_INT(reasm.refused, 2 * REASM_MESSAGES_LIMIT);
    begin();
    push(1, "!x");
    for (uint32_t i = 0; i < REASM_PIECES + 2; i++)
        push(10 + 2 * i, "y");
    CHECK_INT(reasm.refused, 1);
    CHECK_INT(reasm.held, 0);
}

TEST(splitting_changes_nothing)
{
    const char *text = "a5abcdeb0c9123456789d1x";
    uint32_t len = (uint32_t)strlen(text);
    for (uint32_t i = 1; i < len; i++)
        for (uint32_t j = i; j < len; j++) {
            char all[1024] = "", part[64];
            begin();
            snprintf(part, sizeof part, "%.*s", (int)i, text);
            strcat(all, push(1, part));
            snprintf(part, sizeof part, "%.*s", (int)(j - i), text + i);
            strcat(all, push(1 + i, part));
            strcat(all, push(1 + j, text + j));
            CHECK_TEXT(all, "a5abcde b0 c9123456789 d1x ");
        }
    reasm_reset(&reasm);
}

/* TLS records of 16 KB that begin and never go on: 30,000 flows would announce 480 MB. */
TEST(announced_bytes_keep_nobody_out)
{
    enum { FLOWS = 30000 };
    static struct reasm_side sides[FLOWS];
    begin();
    for (uint32_t i = 0; i < FLOWS; i++) {
        struct reasm_segment s = {.payload = rd_make((const uint8_t *)"a", 1, 1), .seq = 1, .show = announce};
        reasm_push(&reasm, &sides[i], &s);
    }
    CHECK_INT(reasm.refused, 0);
    CHECK(reasm.held < REASM_LIMIT);
    begin();
}
