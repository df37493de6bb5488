/* pcapng: sections, interfaces, clocks, every kind of block, damage. Expected results: observed (tshark
 * 4.0.17). */
#include "base/memory.h"
#include "capture.h"
#include "source/source.h"
#include "source_memory.h"
#include "test.h"

static struct fc_error err;
static const uint64_t T = 1700000000123456;

static struct source *open_bytes(const struct bytes *b)
{
    struct source *s = NULL;
    err = (struct fc_error){0};
    (void)!source_open_memory(&s, "test", b->data, b->len, &err);
    return s;
}

static int count_frames(const struct bytes *b)
{
    struct source *s = open_bytes(b);
    struct frame f;
    int n = 0;
    while (s && source_next(s, &f, &err) == FC_OK && f.data)
        n++;
    source_close(s);
    return n;
}

static struct bytes begin(bool big)
{
    struct bytes b = {.big = big};
    add_section(&b);
    add_interface(&b, 1, 65535, -1);
    return b;
}

/* Returns the frame of a capture that has one. */
static struct frame only_frame(const struct bytes *b, struct source **s)
{
    struct frame f = {0};
    *s = open_bytes(b);
    CHECK(*s && source_next(*s, &f, &err) == FC_OK && f.data);
    return f;
}

static int64_t only_time(const struct bytes *b)
{
    struct source *s;
    struct frame f = only_frame(b, &s);
    CHECK(f.has_time == (f.time_ns != INT64_MAX && f.time_ns != INT64_MIN) && f.is_time_far == !f.has_time);
    source_close(s);
    return f.time_ns;
}

TEST(both_byte_orders)
{
    for (int big = 0; big < 2; big++) {
        struct bytes b = begin(big);
        add_packet(&b, 0, T);
        struct source *s;
        struct frame f = only_frame(&b, &s);
        CHECK_INT(f.time_ns, (int64_t)T * 1000);
        CHECK(f.cap_len == sizeof PACKET && !memcmp(f.data, PACKET, sizeof PACKET));
        CHECK_INT(f.offset, 48);
        CHECK_INT(f.number, 1);
        CHECK(f.interface == source_interface(s, 0) && !f.options && !f.opaque);
        CHECK_TEXT(source_format(s), "pcapng");
        source_close(s);
    }
}

TEST(sections_of_either_order_forget_interfaces)
{
    struct bytes b = begin(false);
    add_interface(&b, 101, 96, 9);
    add_packet(&b, 1, 5);
    b.big = true;
    add_section(&b);
    size_t offset = b.len;
    add_packet(&b, 0, 7); /* this section has not described an interface yet */
    CHECK_INT(count_frames(&b), 1);
    CHECK_INT(err.status, FC_FORMAT);
    CHECK_INT(err.offset, offset);

    b.len = offset;
    add_interface(&b, 113, 0, 3);
    add_packet(&b, 0, 7);
    struct source *s = open_bytes(&b);
    struct frame f;
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK(f.interface->id == 1 && f.interface->section == 0 && f.interface->link_type == 101);
    CHECK_INT(f.interface->snap_len, 96);
    CHECK_INT(f.time_ns, 5);
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK(f.interface->id == 0 && f.interface->section == 1 && f.interface->link_type == 113);
    CHECK_INT(f.time_ns, 7000000);
    CHECK_INT(f.number, 2);
    CHECK_INT(source_n_interfaces(s), 3);
    source_close(s);
}

TEST(clocks)
{
    static const struct {
        int resolution;
        uint64_t time;
        int64_t ns;
    } cases[] = {
        {0, 1500000123, 1500000123000000000},
        {3, 1500000123, 1500000123000000},
        {6, 1500000123, 1500000123000},
        {9, 1500000123, 1500000123},
        {10, 1500000123, 150000012},
        {12, 1500000000123, 1500000000},
        {20, UINT64_MAX, 184467440},
        {40, UINT64_MAX, 0},
        {127, UINT64_MAX, 0},
        {128, 5, 5000000000},
        {138, 1500000123, 1464843870117187},
        {158, 1500000123, 1396983976},
        {191, UINT64_MAX, 1999999999},
        {192, UINT64_MAX, 999999999},
        {255, UINT64_MAX, 0},
        {0, UINT64_MAX, INT64_MAX},
        {6, UINT64_MAX, INT64_MAX},
        {9, UINT64_MAX, INT64_MAX},
        {9, INT64_MAX, INT64_MAX},
        {-1, 3, 3000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = {.big = i & 1};
        add_section(&b);
        add_interface(&b, 1, 0, cases[i].resolution);
        add_packet(&b, 0, cases[i].time);
        CHECK_INT(only_time(&b), cases[i].ns);
    }
}

static int64_t time_with_offset(int64_t offset, uint64_t time)
{
    struct bytes b = {0};
    add_section(&b);
    size_t start = begin_block(&b, 1);
    add_u32(&b, 1);
    add_u32(&b, 0);
    add_option(&b, 14, &offset, 8); /* the test runs on a little-endian machine, and so is its section */
    end_block(&b, start);
    add_packet(&b, 0, time);
    return only_time(&b);
}

TEST(clock_offset)
{
    CHECK_INT(time_with_offset(-5, T), (int64_t)T * 1000 - 5000000000);
    CHECK_INT(time_with_offset(-5, 0), -5000000000);
    CHECK_INT(time_with_offset(7, 1), 7000001000);
    CHECK_INT(time_with_offset(INT64_MAX, T), INT64_MAX);
    CHECK_INT(time_with_offset(INT64_MIN, T), INT64_MIN);
}

TEST(interface_options)
{
    struct bytes b = {0};
    add_section(&b);
    size_t start = begin_block(&b, 1);
    add_u32(&b, 1);
    add_u32(&b, 0);
    add_option(&b, 2, "eth0", 4);
    add_option(&b, 3, "old", 3);
    add_option(&b, 3, "the uplink", 10);
    add_option(&b, 13, "\x04", 1);
    add_option(&b, 9, "\x09\x09", 2); /* wrong length: the option is ignored */
    add_option(&b, 0, "", 0);
    add_option(&b, 2, "not me", 6);
    end_block(&b, start);
    add_packet(&b, 0, 1);
    struct source *s;
    struct frame f = only_frame(&b, &s);
    CHECK_TEXT(f.interface->name, "eth0");
    CHECK_TEXT(f.interface->description, "the uplink");
    CHECK_INT(f.interface->fcs_len, 4);
    CHECK_INT(f.time_ns, 1000);
    source_close(s);
}

TEST(packet_options_are_kept)
{
    for (int big = 0; big < 2; big++) {
        struct bytes b = begin(big);
        uint8_t flags[2][4] = {{1, 0, 0, 0}, {0, 0, 0, 1}};
        size_t start = begin_packet(&b, 0, T, sizeof PACKET, 60);
        size_t options = b.len;
        add_option(&b, 2, flags[big], 4);
        add_option(&b, 1, "hello", 5);
        add_option(&b, 0, "", 0);
        size_t len = b.len - options;
        end_block(&b, start);
        struct source *s;
        struct frame f = only_frame(&b, &s);
        CHECK(f.has_packet_flags && f.packet_flags == 1);
        CHECK(f.options && f.options->len == len && f.options->data == b.data + options);
        CHECK_INT(f.options->big_endian, big);
        CHECK_INT(f.len, 60);
        source_close(s);
    }
}

static int status_of_option(uint32_t block_type, unsigned code, unsigned len)
{
    struct bytes b = begin(false);
    size_t start = begin_packet(&b, 0, T, sizeof PACKET, 60);
    memcpy(b.data + start, &block_type, 4);
    add_option(&b, code, "\1\1\1\1\1\1\1\1\1\1\1\1", len);
    end_block(&b, start);
    CHECK_INT(count_frames(&b), err.status == FC_OK);
    return err.status;
}

TEST(packet_options_of_wrong_length_are_damage)
{
    static const unsigned wrong[][2] = {{2, 2}, {2, 0}, {4, 4},    {5, 4},
                                        {6, 2}, {7, 0}, {2988, 2}, {19373, 3}};
    static const unsigned right[][2] = {{2, 4}, {4, 8}, {5, 8}, {6, 4}, {7, 1}, {3, 0}, {9, 3}, {2988, 4}};
    for (int i = 0; i < 8; i++) {
        CHECK_INT(status_of_option(6, wrong[i][0], wrong[i][1]), FC_FORMAT);
        CHECK_INT(status_of_option(6, right[i][0], right[i][1]), FC_OK);
    }
}

TEST(options_that_overrun_are_damage)
{
    struct bytes b = begin(false);
    size_t start = begin_packet(&b, 0, T, sizeof PACKET, 60);
    add_u16(&b, 1);
    add_u16(&b, 77);
    end_block(&b, start);
    add_packet(&b, 0, T);
    CHECK_INT(count_frames(&b), 0);
    CHECK_INT(err.status, FC_FORMAT);
    CHECK_INT(err.offset, 48);
}

TEST(simple_packets_have_no_time)
{
    struct bytes b = {0};
    add_section(&b);
    add_interface(&b, 1, 30, -1);
    add_simple_packet(&b, 30, 42);
    struct source *s;
    struct frame f = only_frame(&b, &s);
    CHECK(!f.has_time && f.cap_len == 30 && f.len == 42 && f.interface->id == 0);
    source_close(s);

    struct bytes longer = begin(false), nobody = {0}, padded = begin(false);
    add_simple_packet(&longer, 40, 60); /* it states more bytes than the block has */
    CHECK_INT(count_frames(&longer), 0);
    CHECK_INT(err.status, FC_FORMAT);
    add_section(&nobody);
    add_simple_packet(&nobody, 42, 42);
    CHECK_INT(count_frames(&nobody), 0);
    CHECK_INT(err.status, FC_FORMAT);
    add_simple_packet(&padded, 42, 20); /* it has more bytes than it states */
    CHECK_INT(count_frames(&padded), 0);
    CHECK_INT(err.status, FC_FORMAT);
}

TEST(old_packet_block)
{
    struct bytes b = begin(true);
    size_t start = begin_block(&b, 2);
    add_u16(&b, 0);
    add_u16(&b, 9);
    add_u32(&b, (uint32_t)(T >> 32));
    add_u32(&b, (uint32_t)T);
    add_u32(&b, sizeof PACKET);
    add_u32(&b, 99);
    add(&b, PACKET, sizeof PACKET);
    end_block(&b, start);
    struct source *s;
    struct frame f = only_frame(&b, &s);
    CHECK_INT(f.time_ns, (int64_t)T * 1000);
    CHECK(f.len == 99 && f.cap_len == sizeof PACKET && !memcmp(f.data, PACKET, sizeof PACKET));
    source_close(s);
}

/* Puts a block of this type and body between two packets. Returns true, and the frame, if the block is
 * one. */
static bool frame_of_block(uint32_t type, const void *body, size_t len, struct frame *out, struct source **s)
{
    static struct bytes b;
    b = begin(false);
    add_packet(&b, 0, T);
    size_t start = begin_block(&b, type);
    add(&b, body, len);
    end_block(&b, start);
    add_packet(&b, 0, T);
    int n = count_frames(&b);
    *s = open_bytes(&b);
    CHECK_INT(source_next(*s, out, &err), FC_OK);
    (void)!source_next(*s, out, &err);
    return n == 3 && out->opaque;
}

TEST(which_blocks_are_frames)
{
    static const uint32_t others[] = {7,     8,     11,    12,    0x42,       0x101,
                                      0x201, 0x203, 0x205, 0x213, 0x80000001, 0xffffffff};
    static const uint32_t frames[] = {0xbad, 0x40000bad, 9, 0x204, 0x216, 0x221};
    uint8_t body[48] = {0};
    struct frame f;
    struct source *s;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK(!frame_of_block(others[i], body, sizeof body, &f, &s));
        CHECK(f.number == 2 && f.cap_len == sizeof PACKET);
        source_close(s);
    }
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        CHECK(frame_of_block(frames[i], body, sizeof body, &f, &s));
        CHECK(f.number == 2 && !f.interface && f.offset == 124);
        source_close(s);
        CHECK(!frame_of_block(frames[i], body, 0, &f, &s)); /* too short for its type: damage */
        CHECK_INT(err.status, FC_FORMAT);
        source_close(s);
    }
}

TEST(opaque_frames_have_the_lengths_and_times_of_tshark)
{
    static const char journal[] = "__REALTIME_TIMESTAMP=1700000000000001\nMESSAGE=xy\n";
    struct bytes sysdig = {0};
    struct frame f;
    struct source *s;
    CHECK(frame_of_block(9, journal, sizeof journal - 1, &f, &s));
    CHECK(f.has_time && f.time_ns == 1700000000000001000 && f.len == 49 && f.cap_len == 49);
    source_close(s);
    CHECK(frame_of_block(9, "MESSAGE=no time in this entry\n", 30, &f, &s));
    CHECK(!f.has_time && f.len == 30);
    source_close(s);
    CHECK(frame_of_block(0xbad, "abcdefghijkl", 12, &f, &s));
    CHECK(!f.has_time && f.len == 8 && f.cap_len == 8 && !memcmp(f.data, "efgh", 4));
    source_close(s);
    add_u16(&sysdig, 1);
    add_u32(&sysdig, 77);
    add_u32(&sysdig, 0);
    add(&sysdig, "thread..", 8);
    add_u32(&sysdig, 500);
    add_u16(&sysdig, 9);
    add(&sysdig, "abcdefgh", 8);
    CHECK(frame_of_block(0x204, sysdig.data, sysdig.len, &f, &s));
    CHECK(f.has_time && f.time_ns == 77 && f.len == 500 && f.cap_len == 8);
    source_close(s);
}

TEST(secrets_and_names_are_kept)
{
    static const uint8_t names[] = {1, 0, 9, 0, 10, 0, 0, 1, 'h', 'o', 's', 't', 0, 0, 0, 0, 0, 0, 0, 0};
    struct bytes b = begin(false);
    size_t start = begin_block(&b, 10);
    add_u32(&b, 0x544c534b);
    add_u32(&b, 5);
    add(&b, "line\n", 5);
    end_block(&b, start);
    add_packet(&b, 0, T);
    start = begin_block(&b, 4);
    add(&b, names, sizeof names);
    end_block(&b, start);
    CHECK_INT(count_frames(&b), 1);
    CHECK_INT(err.status, FC_OK);
    struct source *s = open_bytes(&b);
    struct frame f;
    while (source_next(s, &f, &err) == FC_OK && f.data)
        ;
    CHECK_INT(source_n_blobs(s), 2);
    const struct source_blob *secrets = source_blob(s, 0), *kept = source_blob(s, 1);
    CHECK(secrets->type == 0x544c534b && secrets->before == 1 && secrets->len == 5);
    CHECK(!memcmp(secrets->data, "line\n", 5));
    CHECK(kept->type == 0 && kept->before == 2 && kept->len == sizeof names &&
          !memcmp(kept->data, names, kept->len));
    source_close(s);
}

/* Interfaces with names and descriptions of 65,532 bytes each: 3,000 of them would take 390 MB. */
TEST(names_of_interfaces_have_a_limit)
{
    enum { LEN = 65532, N = 3000 };
    static uint32_t block[4 + 2 * (1 + LEN / 4) + 1];
    struct bytes b = begin(false);
    FILE *f = tmpfile();
    memset(block, 'a', sizeof block);
    block[0] = 1;
    block[1] = block[sizeof block / 4 - 1] = sizeof block;
    block[2] = 1;
    block[3] = 0;
    for (uint32_t code = 2; code <= 3; code++)
        block[4 + (code - 2) * (1 + LEN / 4)] = code | (uint32_t)LEN << 16;
    CHECK(f && fwrite(b.data, 1, b.len, f) == b.len);
    for (int i = 0; f && i < N; i++)
        CHECK(fwrite(block, 1, sizeof block, f) == sizeof block);
    CHECK(f && !fflush(f));
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(f));
    struct source *s = NULL;
    struct frame frame;
    CHECK_INT(source_open(&s, path, &err), FC_OK);
    CHECK_INT(source_next(s, &frame, &err), FC_FORMAT);
    CHECK(strstr(err.text, "bytes of interfaces, secrets and names"));
    CHECK(source_n_interfaces(s) > 1900 && source_n_interfaces(s) < 2100);
    source_close(s);
    fclose(f);
}

TEST(damaged_blocks)
{
    static const struct {
        uint32_t type, len, trailer;
    } cases[] = {
        {6, 32, 36}, {0x77, 8, 8}, {0x77, 0, 0}, {0x77, 134348836, 0}, {6, 28, 28},     {1, 16, 16},
        {5, 16, 16}, {4, 12, 12},  {3, 12, 12},  {10, 16, 16},         {0xbad, 12, 12},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = begin(false);
        add_packet(&b, 0, T);
        size_t start = b.len;
        add_u32(&b, cases[i].type);
        add_u32(&b, cases[i].len);
        if (cases[i].len >= 12 && cases[i].len < 100)
            b.len += cases[i].len - 12;
        add_u32(&b, cases[i].trailer);
        add_packet(&b, 0, T);
        CHECK_INT(count_frames(&b), 1);
        CHECK_INT(err.status, FC_FORMAT);
        CHECK_INT(err.offset, start);
    }
}

TEST(a_block_length_that_is_not_a_multiple_of_four)
{
    struct bytes b = begin(false);
    add_u32(&b, 0x77);
    add_u32(&b, 21);
    b.len += 12;
    add_u32(&b, 21);
    add_packet(&b, 0, T);
    CHECK_INT(count_frames(&b), 1);
    CHECK_INT(err.status, FC_OK);
}

TEST(versions)
{
    static const struct {
        unsigned major, minor;
        int status;
    } cases[] = {
        {1, 0, FC_OK}, {1, 2, FC_OK}, {1, 1, FC_UNSUPPORTED}, {1, 9, FC_UNSUPPORTED}, {2, 0, FC_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = begin(true);
        b.data[13] = (uint8_t)cases[i].major;
        b.data[15] = (uint8_t)cases[i].minor;
        add_packet(&b, 0, T);
        CHECK_INT(count_frames(&b), cases[i].status == FC_OK);
        CHECK_INT(err.status, cases[i].status);
    }
}

TEST(a_packet_longer_than_any)
{
    struct bytes b = begin(false);
    end_block(&b, begin_packet(&b, 0, T, 262145, 262145));
    CHECK_INT(count_frames(&b), 0);
    CHECK_INT(err.status, FC_FORMAT);
}

TEST(every_cut_gives_the_frames_before_it)
{
    struct bytes b = begin(true);
    for (int i = 0; i < 3; i++)
        add_packet(&b, 0, T);
    size_t whole = b.len;
    for (size_t len = 4; len <= whole; len++) {
        b.len = len;
        int n = count_frames(&b);
        bool at_end = len == 28 || (len >= 48 && (len - 48) % 76 == 0);
        CHECK_INT(n, len < 48 ? 0 : (len - 48) / 76);
        CHECK_INT(err.status, at_end ? FC_OK : FC_CUT);
        if (!at_end)
            CHECK_INT(err.offset, len < 28 ? 0 : len < 48 ? 28 : len - (len - 48) % 76);
    }
}

TEST(memory_that_ends_leaks_nothing)
{
    struct bytes b = begin(false);
    size_t start = begin_block(&b, 1);
    add_u32(&b, 1);
    add_u32(&b, 0);
    add_option(&b, 2, "eth0", 4);
    add_option(&b, 3, "uplink", 6);
    end_block(&b, start);
    start = begin_block(&b, 4);
    add_u32(&b, 0);
    end_block(&b, start);
    add_packet(&b, 1, T);
    int n = 0;
    for (int i = 0; n == 0 && i < 100; i++) {
        memory_fail_after(i);
        n = count_frames(&b);
        memory_fail_after(-1);
        CHECK_INT(err.status, n ? FC_OK : FC_MEMORY);
    }
    CHECK_INT(n, 1);
}
