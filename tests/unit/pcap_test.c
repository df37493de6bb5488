/* pcap: every variant, both byte orders, and damaged files. Expected results: observed (tshark 4.0.17). */
#include "base/memory.h"
#include "capture.h"
#include "source/source.h"
#include "source_memory.h"
#include "test.h"

static struct fc_error err;

static struct source *open_bytes(const struct bytes *b)
{
    struct source *s = NULL;
    err = (struct fc_error){0};
    (void)!source_open_memory(&s, "test", b->data, b->len, &err);
    return s;
}

/* Counts the frames up to the end or an error, which is left in `err`. */
static int count_frames(const struct bytes *b)
{
    struct source *s = open_bytes(b);
    struct frame f;
    int n = 0;
    while (s && source_next(s, &f, &err) == FC_OK && f.data)
        n++;
    if (s) {
        CHECK_INT(source_next(s, &f, NULL),
                  FC_OK); /* behind the end or an error, the source returns only the end */
        CHECK(!f.data);
    }
    source_close(s);
    return n;
}

static void check_first(const struct bytes *b, int64_t time_ns, uint64_t offset, const char *format)
{
    struct source *s = open_bytes(b);
    struct frame f = {0};
    CHECK(s);
    if (!s)
        return;
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK_INT(f.number, 1);
    CHECK_INT(f.cap_len, sizeof PACKET);
    CHECK_INT(f.len, 60);
    CHECK_INT(f.offset, offset);
    CHECK(f.has_time && !f.opaque && !f.options && !f.has_packet_flags);
    CHECK_INT(f.time_ns, time_ns);
    CHECK(f.data && f.cap_len == sizeof PACKET && !memcmp(f.data, PACKET, sizeof PACKET));
    CHECK_INT(f.interface->link_type, 1);
    CHECK_INT(f.interface->snap_len, 65535);
    CHECK_TEXT(source_format(s), format);
    source_close(s);
}

TEST(both_byte_orders_and_clocks)
{
    for (int big = 0; big < 2; big++) {
        struct bytes micro = {.big = big}, nano = {.big = big};
        add_pcap(&micro, 0xa1b2c3d4);
        add_pcap(&nano, 0xa1b23c4d);
        for (int i = 0; i < 4; i++) {
            add_record(&micro, 1700000000, 123456, sizeof PACKET, 60, 0);
            add_record(&nano, 1700000000, 123456789, sizeof PACKET, 60, 0);
        }
        check_first(&micro, 1700000000123456000, 24, "pcap");
        check_first(&nano, 1700000000123456789, 24, "pcap-ns");
        CHECK_INT(count_frames(&micro), 4);
        CHECK_INT(count_frames(&nano), 4);
        CHECK_INT(err.status, FC_OK);
    }
}

TEST(patched_record_headers)
{
    for (int big = 0; big < 2; big++) {
        struct bytes own = {.big = big}, usual = {.big = big}, nokia = {.big = big}, suse = {.big = big};
        add_pcap(&own, 0xa1b2cd34);
        add_pcap(&suse, 0xa1b2cd34);
        add_pcap(&usual, 0xa1b2c3d4);
        add_pcap(&nokia, 0xa1b2c3d4);
        for (int i = 0; i < 4; i++) {
            add_record(&own, 1, 2, sizeof PACKET, 60, 8);
            add_record(&usual, 1, 2, sizeof PACKET, 60, 8);
            add_record(&nokia, 1, 2, sizeof PACKET, 60, 4);
            add_record(&suse, 1, 2, sizeof PACKET, 60, 12);
        }
        check_first(&own, 1000002000, 24, "pcap-modified");
        check_first(&usual, 1000002000, 24, "pcap");
        check_first(&nokia, 1000002000, 24, "pcap");
        check_first(&suse, 1000002000, 24, "pcap-modified");
        CHECK_INT(count_frames(&suse), 4);
        CHECK_INT(count_frames(&own), 4);
        CHECK_INT(count_frames(&usual), 4);
        CHECK_INT(count_frames(&nokia), 4);
    }
}

/* Zeros between records make other headers possible but odd (more bytes captured than sent); the sound
 * headers are chosen. */
TEST(sound_headers_are_preferred)
{
    struct bytes nokia = {0}, odd = {0};
    add_pcap(&nokia, 0xa1b2c3d4);
    add_pcap(&odd, 0xa1b2c3d4);
    for (int i = 0; i < 4; i++) {
        add_record(&nokia, 40, 2, 8, 8, 4);
        add_record(&odd, 40, 2, 42, 20, 0);
    }
    CHECK_INT(count_frames(&nokia), 4);
    CHECK_INT(count_frames(&odd), 4);
    CHECK_INT(err.status, FC_OK);
}

TEST(ixia_file_header)
{
    for (uint32_t magic = 0x1c0001ab; magic <= 0x1c0001ac; magic++) {
        struct bytes b = {.big = magic & 1};
        add_pcap(&b, magic);
        add_u32(&b, 58);
        add_record(&b, 1, 2, sizeof PACKET, 60, 0);
        check_first(&b, 1000002000, 28, "pcap-ixia");
        CHECK_INT(count_frames(&b), 1);
    }
}

TEST(lengths_swapped_by_old_versions)
{
    static const unsigned versions[][2] = {{2, 0}, {2, 2}, {543, 0}, {2, 3}, {2, 3}, {2, 4}, {9, 9}};
    for (int i = 0; i < 7; i++) {
        struct bytes b = {0};
        bool swapped = i < 4;
        add_pcap_version(&b, 0xa1b2c3d4, versions[i][0], versions[i][1], 1);
        for (int k = 0; k < 4; k++) {
            add_record(&b, 1, 2, swapped ? 60 : sizeof PACKET, swapped ? sizeof PACKET : 60, 0);
            if (swapped)
                CHECK_INT(b.len, 24u + 58 * (k + 1)); /* only the bytes of the packet were added */
        }
        check_first(&b, 1000002000, 24, "pcap");
        CHECK_INT(count_frames(&b), 4);
    }
}

TEST(times_are_unsigned_and_fractions_not_normalised)
{
    struct bytes b = {0};
    add_pcap(&b, 0xa1b2c3d4);
    for (int i = 0; i < 3; i++)
        add_record(&b, 1, 2, sizeof PACKET, 60, 0);
    add_record(&b, 10, 1500000, sizeof PACKET, 60, 0);
    add_record(&b, 0xffffffff, 0xffffffff, sizeof PACKET, 60, 0);
    struct source *s = open_bytes(&b);
    struct frame f = {0};
    for (int i = 0; i < 4; i++)
        CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK_INT(f.time_ns, 11500000000);
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK_INT(f.time_ns, 4294967295000000000 + 4294967295000);
    source_close(s);
}

TEST(odd_lengths_are_taken_as_they_are)
{
    struct bytes b = {0};
    add_pcap(&b, 0xa1b2c3d4);
    add_record(&b, 1, 2, 0, 0, 0);
    add_record(&b, 1, 2, 42, 20, 0);
    add_record(&b, 1, 2, 42, 42, 0);
    add_record(&b, 1, 2, 42, 0xffffffff, 0);
    struct source *s = open_bytes(&b);
    struct frame f = {0};
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK(f.data && f.cap_len == 0 && f.len == 0);
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK(f.cap_len == 42 && f.len == 20);
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK_INT(f.len, INT32_MAX);
    source_close(s);
}

TEST(link_type_bits)
{
    static const struct {
        uint32_t bits;
        int status, fcs;
    } cases[] = {
        {1, FC_OK, -1},
        {0x24000001, FC_OK, 4},
        {0x14000001, FC_OK, 2},
        {0x10000001, FC_OK, -1},
        {0x08000001, FC_OK, -1},
        {0x00010001, FC_UNSUPPORTED, 0},
        {0x01000001, FC_UNSUPPORTED, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = {0};
        add_pcap_version(&b, 0xa1b2c3d4, 2, 4, cases[i].bits);
        struct source *s = open_bytes(&b);
        CHECK_INT(err.status, cases[i].status);
        CHECK_INT(!s, cases[i].status != FC_OK);
        if (s) {
            CHECK_INT(source_interface(s, 0)->link_type, 1);
            CHECK_INT(source_interface(s, 0)->fcs_len, cases[i].fcs);
        }
        source_close(s);
    }
}

TEST(version_1_is_refused)
{
    struct bytes b = {0};
    add_pcap_version(&b, 0xa1b2c3d4, 1, 4, 1);
    CHECK(!open_bytes(&b));
    CHECK_INT(err.status, FC_UNSUPPORTED);
}

TEST(every_cut_gives_the_frames_before_it)
{
    struct bytes b = {0};
    add_pcap(&b, 0xa1b2c3d4);
    for (int i = 0; i < 5; i++)
        add_record(&b, 1, 2, sizeof PACKET, 60, 0);
    size_t whole = b.len;
    for (size_t len = 1; len <= whole; len++) {
        b.len = len;
        int n = count_frames(&b);
        size_t left = len < 24 ? len : (len - 24) % 58;
        CHECK_INT(n, len < 24 ? 0 : (len - 24) / 58);
        CHECK_INT(err.status, len < 4 ? FC_FORMAT : left ? FC_CUT : FC_OK);
        if (err.status == FC_CUT)
            CHECK_INT(err.offset, len < 24 ? 0 : len - left);
    }
}

TEST(a_packet_too_long_is_damage)
{
    static const struct {
        uint32_t link_type, max;
    } cases[] = {
        {1, 262144},      {113, 262144},    {231, 128 << 20}, {249, 128 << 20},
        {189, 128 << 20}, {220, 128 << 20}, {279, 8 << 20},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = {0};
        add_pcap_version(&b, 0xa1b2c3d4, 2, 4, cases[i].link_type);
        for (int k = 0; k < 3; k++)
            add_record(&b, 1, 2, sizeof PACKET, 60, 0);
        size_t before = b.len;
        add_record(&b, 1, 2, cases[i].max, 60, 0);
        CHECK_INT(count_frames(&b), 3);
        CHECK_INT(err.status, FC_CUT);
        b.len = before;
        add_record(&b, 1, 2, cases[i].max + 1, 60, 0);
        CHECK_INT(count_frames(&b), 3);
        CHECK_INT(err.status, FC_FORMAT);
        CHECK_INT(err.offset, before);
    }
}

TEST(sixteen_zero_bytes_are_a_frame)
{
    struct bytes b = {0};
    add_pcap(&b, 0xa1b2c3d4);
    for (int i = 0; i < 3; i++)
        add_record(&b, 1, 2, sizeof PACKET, 60, 0);
    b.len += 16;
    CHECK_INT(count_frames(&b), 4);
    CHECK_INT(err.status, FC_OK);
}
