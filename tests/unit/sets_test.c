/* Feature sets: decoder profiles, number text, the flow table. Values of whole captures:
 * tests/diff/test_sets.py. */
#include "sets/bits.h"
#include "sets/number.h"
#include "sets/set.h"
#include "sets/table.h"

#include "base/memory.h"
#include "sets/cic.h"
#include "sets/nfstream.h"
#include "sets/zeek.h"
#include "test.h"

typedef size_t number_text(char out[SET_NUMBER_CAP], double value);

static const char *text_of(number_text *make, double value)
{
    static char text[SET_NUMBER_CAP + 1];
    text[make(text, value)] = 0;
    return text;
}

TEST(java_numbers)
{
    CHECK_TEXT(text_of(set_number_java, 0.0), "0.0");
    CHECK_TEXT(text_of(set_number_java, -0.0), "-0.0");
    CHECK_TEXT(text_of(set_number_java, 106.0), "106.0");
    CHECK_TEXT(text_of(set_number_java, 0.001), "0.001");
    CHECK_TEXT(text_of(set_number_java, 0.00099), "9.9E-4");
    CHECK_TEXT(text_of(set_number_java, 9999999.0), "9999999.0");
    CHECK_TEXT(text_of(set_number_java, 1e7), "1.0E7");
    CHECK_TEXT(text_of(set_number_java, 52416119.0), "5.2416119E7");
    CHECK_TEXT(text_of(set_number_java, 37.89459064299283), "37.89459064299283");
    CHECK_TEXT(text_of(set_number_java, 118526.62499999999), "118526.62499999999");
    CHECK_TEXT(text_of(set_number_java, 0.0 / 0.0), "NaN");
    CHECK_TEXT(text_of(set_number_java, 1.0 / 0.0), "Infinity");
    CHECK_TEXT(text_of(set_number_java, 1.7976931348623157e308), "1.7976931348623157E308");
}

TEST(python_numbers)
{
    CHECK_TEXT(text_of(set_number_python, 0.0), "0.0");
    CHECK_TEXT(text_of(set_number_python, 0.1), "0.1");
    CHECK_TEXT(text_of(set_number_python, 0.0001), "0.0001");
    CHECK_TEXT(text_of(set_number_python, 0.00001), "1e-05");
    CHECK_TEXT(text_of(set_number_python, 1.5e-5), "1.5e-05");
    CHECK_TEXT(text_of(set_number_python, 52416119.0), "52416119.0");
    CHECK_TEXT(text_of(set_number_python, 1e16), "1e+16");
    CHECK_TEXT(text_of(set_number_python, 9007199254740993.0), "9007199254740992.0");
    CHECK_TEXT(text_of(set_number_python, 1e100), "1e+100");
}

TEST(fixed_numbers)
{
    CHECK_TEXT(text_of(set_number_fixed, 0.020403), "0.020403");
    CHECK_TEXT(text_of(set_number_fixed, 1600000000.9999998), "1600000001.000000");
    CHECK_TEXT(text_of(set_number_fixed, -1.5), "-1.500000");
}

struct record {
    struct set_entry entry;
    uint32_t key, value;
};

TEST(table_keeps_order_and_finds)
{
    enum { N = 5000 };
    struct set_table table;
    CHECK(set_table_init(&table, sizeof(uint32_t), sizeof(struct record)));
    for (uint32_t i = 0; i < N; i++)
        ((struct record *)set_table_add(&table, &i))->value = i * 7;
    for (uint32_t i = 0; i < N; i += 2)
        set_table_remove(&table, set_table_find(&table, &i));
    for (uint32_t i = 0; i < N; i++) {
        struct record *found = set_table_find(&table, &i);
        CHECK_INT(found != NULL, i % 2);
        CHECK(!found || found->value == i * 7);
    }
    uint32_t again = 4, want = 1;
    CHECK_INT(((struct record *)set_table_add(&table, &again))->value, 0);
    struct record *r = (struct record *)table.first;
    for (; want < N; want += 2, r = (struct record *)r->entry.after)
        CHECK_INT(r->key, want);
    CHECK_INT(r->key, 4);
    CHECK(!r->entry.after);
    set_table_free(&table);
}

static bool cic_reads(struct cic_packet *out, const char *hex, bool corrected, bool phantoms)
{
    uint8_t bytes[256];
    uint32_t n = (uint32_t)test_hex(bytes, sizeof bytes, hex);
    struct set_view view = {bytes, n, n, 1999, 1};
    return cic_decode(out, &view, corrected, phantoms);
}

#define ETH "02 00 00 00 00 01 02 00 00 00 00 02 "
#define ETH_5 "05 00 00 00 00 01 02 00 00 00 00 02 "
#define UDP_IP "45 00 00 1e 00 01 00 00 40 11 00 00 0a 00 00 01 0a 00 00 02 "
#define UDP_TWO "00 35 9c 40 00 0a 00 00 aa bb "

TEST(cic_cuts_padding_directly_above_ethernet_alone)
{
    struct cic_packet p;
    CHECK(cic_reads(&p, ETH "08 00 " UDP_IP UDP_TWO "00 00 00 00", false, true));
    CHECK_INT(p.payload, 2);
    CHECK_INT(p.header, 8);
    CHECK_INT(p.protocol, 17);
    CHECK_INT(p.sport, 53);
    CHECK_INT(p.time_us, 1);
    CHECK(cic_reads(&p, ETH "81 00 00 05 08 00 " UDP_IP UDP_TWO "00 00 00 00", false, true));
    CHECK_INT(p.payload, 6);
}

TEST(cic_reads_other_frames_as_ip4_from_byte_0)
{
    struct cic_packet p;
    const char *arp = ETH_5 "08 06 00 01 08 00 06 04 00 01 0a 00 00 01 02 03 04 05";
    CHECK(cic_reads(&p, arp, false, true));
    CHECK_INT(p.src, 0x08060001);
    CHECK_INT(p.dst, 0x08000604);
    CHECK_INT(p.protocol, 0);
    CHECK(!cic_reads(&p, arp, false, false));
    CHECK(!cic_reads(&p, ETH "08 06 00 01 08 00 06 04 00 01 0a 00 00 01 02 03 04 05", false, true));
}

TEST(cic_takes_ports_from_a_quote)
{
    struct cic_packet p;
    const char *quote = ETH "08 00 45 00 00 38 00 01 00 00 40 01 00 00 0a 00 00 09 0a 00 00 08 "
                            "03 03 00 00 00 00 00 00 " UDP_IP UDP_TWO;
    CHECK(cic_reads(&p, quote, false, true));
    CHECK_INT(p.protocol, 17);
    CHECK_INT(p.src, 0x0a000009);
    CHECK_INT(p.sport, 53);
    CHECK(cic_reads(&p, quote, true, true));
    CHECK_INT(p.protocol, 1);
    CHECK_INT(p.icmp_type, 3);
    CHECK_INT(p.sport, 0);
}

TEST(cic_total_length_0)
{
    struct cic_packet p;
    const char *offload = ETH "08 00 45 00 00 00 00 01 00 00 40 11 00 00 0a 00 00 01 0a 00 00 02 " UDP_TWO;
    CHECK(cic_reads(&p, offload, false, true));
    CHECK_INT(p.protocol, 0);
    CHECK(cic_reads(&p, offload, true, true));
    CHECK_INT(p.protocol, 17);
    CHECK_INT(p.payload, 2);
}

static bool nfstream_reads(struct nfstream_packet *out, const char *hex, uint32_t link_type)
{
    uint8_t bytes[256];
    uint32_t n = (uint32_t)test_hex(bytes, sizeof bytes, hex);
    struct set_view view = {bytes, n, n, 1999999, link_type};
    return nfstream_decode(out, &view);
}

#define UDP_TUNNEL "45 00 00 40 00 01 00 00 40 11 00 00 0a 00 00 03 0a 00 00 04 0b b8 "

/* Frames like these were given to the original. */
TEST(nfstream_reads_links_and_tunnels)
{
    struct nfstream_packet p;
    CHECK(nfstream_reads(&p, "00 21 " UDP_IP UDP_TWO, 9));
    CHECK(nfstream_reads(&p, "0f 00 08 00 " UDP_IP UDP_TWO, 9));
    CHECK(nfstream_reads(&p, "8f 00 08 00 " UDP_IP UDP_TWO, 104));
    CHECK(!nfstream_reads(&p, "ff 03 00 21 " UDP_IP UDP_TWO, 104));
    CHECK(nfstream_reads(&p, "ff 03 00 21 " UDP_IP UDP_TWO, 50));
    CHECK_INT(p.dst[3], 2);
    CHECK_INT(p.tunnel, 0);
    CHECK(nfstream_reads(
        &p,
        UDP_TUNNEL "14 7f 00 00 00 00 00 10 03 20 00 00 00 00 01 08 00 00 01 01 01 01 01 01 02 02 02 02 "
                   "02 02 03 03 03 03 03 03 10 00 aa aa 03 00 00 00 08 00 " UDP_IP UDP_TWO,
        101));
    CHECK_INT(p.tunnel, 2);
    CHECK_INT(p.src_mac[0], 2);
    CHECK_INT(p.dst_mac[0], 3);
    CHECK_INT(p.sport, 53);
    CHECK(nfstream_reads(
        &p, ETH "08 00 " UDP_TUNNEL "90 90 00 00 00 00 01 00 00 01 0a 03 00 " ETH "08 00 " UDP_IP UDP_TWO,
        1));
    CHECK_INT(p.tunnel, 3);
    CHECK_INT(p.sport, 53);
    CHECK(nfstream_reads(
        &p, ETH "08 00 " UDP_TUNNEL "90 90 00 00 00 00 02 00 00 01 01 " ETH "08 00 " UDP_IP UDP_TWO, 1));
    CHECK_INT(p.sport, 3000);
    CHECK(!nfstream_reads(&p, ETH "08 00 " UDP_TUNNEL "90 90 00 00 00 00 01 00 00 ", 1));
}

TEST(nfstream_sizes_and_tags)
{
    struct nfstream_packet p;
    CHECK(nfstream_reads(&p, ETH "81 00 00 05 81 00 00 07 08 00 " UDP_IP UDP_TWO "00 00 00 00", 1));
    CHECK_INT(p.vlan, 7);
    CHECK_INT(p.time_ms, 1);
    CHECK_INT(p.sizes[0], 56);
    CHECK_INT(p.sizes[1], 30);
    CHECK_INT(p.sizes[2], 10);
    CHECK_INT(p.sizes[3], 2);
    CHECK_INT(p.src_mac[5], 2);
    CHECK(nfstream_reads(&p, UDP_IP UDP_TWO, 101));
    CHECK_INT(p.sport, 53);
    CHECK(!nfstream_reads(&p, UDP_IP UDP_TWO, 147));
    CHECK(!nfstream_reads(&p, "45 00 00 1e 00 01 00 01 40 11 00 00 0a 00 00 01 0a 00 00 02 " UDP_TWO, 101));
}

TEST(nfstream_takes_the_packet_out_of_gtp)
{
    struct nfstream_packet p;
    CHECK(
        nfstream_reads(&p,
                       "45 00 00 42 00 01 00 00 40 11 00 00 0a 00 00 09 0a 00 00 08 08 68 08 68 00 2e 00 00 "
                       "30 ff 00 1e 00 00 00 01 " UDP_IP UDP_TWO,
                       101));
    CHECK_INT(p.tunnel, 1);
    CHECK_INT(p.src[3], 1);
    CHECK_INT(p.dport, 40000);
}

/* The values of the rows of one frame, or of the capture. */
struct taken {
    int rows;
    size_t n_columns;
    struct set_value values[128];
    int8_t bits[32];
};

static bool take_row(void *to, const struct set_value *values)
{
    struct taken *taken = to;
    taken->rows++;
    memcpy(taken->values, values, taken->n_columns * sizeof *values);
    for (size_t i = 0; i < taken->n_columns; i++)
        if (values[i].kind == SET_BITS && i == 4)
            set_bits_unpack(taken->bits, values[i].run, values[i].first, values[i].n);
    return true;
}

static struct set *family_open(const char *name, const struct set_options *options)
{
    struct set *set = NULL;
    CHECK_INT(set_family(name)->open(&set, options, NULL), FC_OK);
    return set;
}

static void family_packet(struct set *set, struct taken *taken, const char *hex)
{
    uint8_t bytes[256];
    uint32_t n = (uint32_t)test_hex(bytes, sizeof bytes, hex);
    struct set_view view = {bytes, n, n, INT64_C(1600000000000001999), 1};
    taken->n_columns = set->n_columns;
    CHECK(set->family->packet(set, &view, &(struct set_sink){take_row, taken}));
}

TEST(nprint_has_no_row_of_a_tagged_frame)
{
    struct taken taken = {0};
    struct set *set = family_open("nprint", &(struct set_options){.layers = "4u"});
    family_packet(set, &taken, ETH "81 00 00 05 08 00 " UDP_IP UDP_TWO);
    CHECK_INT(taken.rows, 0);
    family_packet(set, &taken, ETH "08 00 " UDP_IP UDP_TWO);
    CHECK_INT(taken.rows, 1);
    CHECK_INT(taken.values[4].n, 4);
    CHECK_INT(taken.bits[0], 0);
    CHECK_INT(taken.bits[1], 1);
    CHECK_INT(taken.values[3].integer, 1);
    set->family->close(set);
}

TEST(zeek_drops_wrong_checksums_of_ip)
{
    struct taken taken = {0};
    struct set *set = family_open("zeek-conn", &(struct set_options){0});
    family_packet(set, &taken, ETH "08 00 " UDP_IP UDP_TWO);
    CHECK(set->family->finish(set, &(struct set_sink){take_row, &taken}));
    CHECK_INT(taken.rows, 0);
    set->family->close(set);
    set = family_open("zeek-conn", &(struct set_options){.ignore_checksums = true});
    family_packet(set, &taken, ETH "08 00 " UDP_IP UDP_TWO);
    CHECK(set->family->finish(set, &(struct set_sink){take_row, &taken}));
    CHECK_INT(taken.rows, 1);
    CHECK_INT(taken.values[3].integer, 40000); /* a server's port in the source exchanges the ends */
    CHECK_INT(taken.values[5].integer, 53);
    CHECK_INT(taken.values[8].kind, SET_NULL);
    set->family->close(set);
}

TEST(options_that_make_no_sense)
{
    static const struct {
        const char *family;
        struct set_options options;
    } bad[] = {{"nfstream", {.accounting_mode = 4}},
               {"nfstream", {.splt = 256}},
               {"nprint", {.layers = "4x"}},
               {"nprint", {.payload = 1501}},
               {"zeek-conn", {.server_ports = "tcp/80;udp/53"}},
               {"zeek-conn", {.server_ports = "tcp/65536"}}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct set *set;
        struct fc_error err;
        CHECK_INT(set_family(bad[i].family)->open(&set, &bad[i].options, &err), FC_USAGE);
        CHECK(!set);
    }
}

#define TCP_IP(flags, sport, dport)                                                                          \
    ETH "08 00 45 00 00 2c 00 01 00 00 40 06 00 00 0a 00 00 01 0a 00 00 02 " sport dport                     \
        "00 00 00 01 00 00 00 01 50 " flags " 00 10 00 00 00 00 01 02 03 04"
#define FRAGMENT(offset)                                                                                     \
    ETH "08 00 45 00 00 1c 00 01 " offset " 40 11 00 00 0a 00 00 01 0a 00 00 02 00 35 00 35 00 10 00 00"

/* Frames that make a family allocate whatever it can. */
static bool run_frames(struct set *set, struct taken *taken)
{
    static const char *const frames[] = {TCP_IP("02", "00 51 ", "00 50 "),
                                         TCP_IP("18", "00 51 ", "00 50 "),
                                         TCP_IP("18", "00 52 ", "00 50 "),
                                         TCP_IP("11", "00 51 ", "00 50 "),
                                         TCP_IP("14", "00 51 ", "00 50 "),
                                         FRAGMENT("20 00"),
                                         FRAGMENT("00 01")};
    struct set_sink sink = {take_row, taken};
    taken->n_columns = set->n_columns;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        uint8_t bytes[256];
        uint32_t n = (uint32_t)test_hex(bytes, sizeof bytes, frames[i]);
        struct set_view view = {bytes, n, n, INT64_C(1000000000) * (int64_t)i, 1};
        if (!set->family->packet(set, &view, &sink))
            return false;
    }
    return set->family->finish(set, &sink);
}

TEST(memory_may_end_anywhere)
{
    const struct set_options options = {.splt = 3, .ignore_checksums = true};
    for (size_t i = 0; i < set_families(); i++) {
        const struct set_family *family = set_family_at(i);
        bool good = false;
        for (int64_t n = 0; !good && n < 100; n++) {
            struct taken taken = {0};
            struct set *set;
            struct fc_error err;
            memory_fail_after(n);
            enum fc_status status = family->open(&set, &options, &err);
            CHECK(status == (set ? FC_OK : FC_MEMORY));
            good = set && run_frames(set, &taken);
            memory_fail_after(-1);
            CHECK(!good || taken.rows > 0);
            family->close(set);
        }
        CHECK(good);
    }
}

static bool refuse_row(void *to, const struct set_value *values)
{
    (void)values;
    (*(int *)to)++;
    return false;
}

TEST(a_refused_row_ends_the_run)
{
    for (size_t i = 0; i < set_families(); i++) {
        struct taken taken = {0};
        int asked = 0;
        struct set *set =
            family_open(set_family_at(i)->name, &(struct set_options){.ignore_checksums = true});
        struct set_sink sink = {refuse_row, &asked};
        family_packet(set, &taken, ETH "08 06 00 01");
        uint8_t bytes[256];
        uint32_t n = (uint32_t)test_hex(bytes, sizeof bytes, ETH "08 00 " UDP_IP UDP_TWO);
        struct set_view view = {bytes, n, n, 0, 1};
        bool first = set->family->packet(set, &view, &sink), second = set->family->packet(set, &view, &sink);
        CHECK(!first || !second || !set->family->finish(set, &sink));
        CHECK(asked > 0);
        set->family->close(set);
    }
}
