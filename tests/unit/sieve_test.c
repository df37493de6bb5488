/* A query's filter at work on frames that the test builds: verdicts, and the values that filter and query
 * share. */
#include "field/ids_all.h"
#include "frames.h"
#include "source_memory.h"
#include "walk/sieve.h"

static struct memory_state memory;
static struct examiner examiner;
static struct examined x;
static struct frame frame;
static struct apps apps;
static struct sieve sieve;
static struct filter *filter;
static struct source *source;
static int16_t slots[F_COUNT]; /* of the query: slot 0 is the field that it asks for */

static void begin(const char *text, field_id asked)
{
    static const uint8_t empty[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
                                    0,    0,    0,    0,    0, 0, 4, 0, 1, 0, 0, 0};
    struct fc_error error;
    memset(slots, 0xff, sizeof slots);
    slots[asked] = 0;
    CHECK_INT(source_open_memory(&source, "test", empty, sizeof empty, &error), FC_OK);
    CHECK_INT(text ? filter_compile(&filter, text, &error) : FC_OK, FC_OK);
    examiner_init(&examiner, &memory);
    examiner.protocols = FC_TCP | FC_UDP;
    examiner.matches_names = true;
    sieve_open(&sieve, filter, slots, &examiner.arena);
    apps_init(&apps, sieve_slots(&sieve, slots), filter, true, &memory);
}

static void end(void)
{
    CHECK(!memory.ended);
    sieve_free(&sieve);
    apps_free(&apps);
    examiner_free(&examiner);
    filter_free(filter);
    filter = NULL;
    source_close(source);
}

static bool passes(const struct frame_bytes *bytes)
{
    static const struct frame_times times;
    static uint32_t number;
    frame = frame_of(bytes, ++number, 0);
    examine(&examiner, &frame, &x);
    apps_turn(&apps, &x, source);
    return sieve_frame(&sieve, &x, &times, source, &apps);
}

/* A query for one name, "a" (RFC 1035). */
static struct frame_bytes name_query(void)
{
    static const uint8_t message[] = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
    struct frame_bytes f = {.len = sizeof message};
    memcpy(f.data, message, sizeof message);
    udp(&f, 40000, 53);
    ip4(&f, NUMBER_UDP);
    eth(&f, TYPE_IP4);
    return f;
}

TEST(without_a_filter_everything_passes)
{
    struct frame_bytes f = udp_frame(40000, 2000, "");
    begin(NULL, F_IP_TTL);
    CHECK(passes(&f));
    CHECK(!sieve.wants_apps && sieve_slots(&sieve, slots) == slots);
    CHECK_INT(sieve.row.n_values, 0);
    end();
}

TEST(verdicts_on_headers)
{
    struct frame_bytes high = udp_frame(40000, 2000, ""), low = high, t = tcp_frame(false, 1, 1, ACK, "");
    low.data[22] = 5;
    begin("ip.ttl > 5 and udp", F_IP_PROTO);
    CHECK(passes(&high));
    CHECK(!passes(&low));
    CHECK(!passes(&t));
    CHECK(!sieve.wants_apps && sieve_slots(&sieve, slots) == slots);
    end();
}

/* The row of the filter holds the values that the filter names, not those of the query. */
TEST(a_filter_of_headers_has_values_of_its_own)
{
    struct frame_bytes f = udp_frame(40000, 2000, "");
    begin("ip.ttl > 5", F_IP_PROTO);
    for (int i = 0; i < 3; i++)
        CHECK(passes(&f));
    CHECK_INT(sieve.row.n_values, 1);
    CHECK_INT(sieve.row.values[0].u, 64);
    end();
}

/* A field of a protocol above UDP that the filter or the query names is made once, in the shared row. Header
 * fields are not in it. */
TEST(filter_and_query_share_the_protocols_above)
{
    struct frame_bytes f = name_query(), other = udp_frame(40000, 2000, "");
    begin("dns.qry.type == 1 and ip.ttl > 5", F_DNS_QRY_NAME);
    const int16_t *shared = sieve_slots(&sieve, slots);
    CHECK(sieve.wants_apps && shared != slots);
    CHECK_INT(shared[F_DNS_QRY_TYPE], F_DNS_QRY_TYPE);
    CHECK_INT(shared[F_DNS_QRY_NAME], F_DNS_QRY_NAME);
    CHECK_INT(shared[F_IP_TTL], -1);
    CHECK_INT(shared[F_DNS_ID], -1);
    CHECK(passes(&f));
    CHECK_INT(sieve.apps.n_values, 2);
    struct row mine = {.slot_of = slots, .arena = &examiner.arena};
    row_take(&mine, &sieve.apps);
    CHECK_INT(mine.n_values, 1);
    CHECK(mine.values[0].slot == 0 && mine.values[0].len == 1 && *mine.values[0].bytes == 'a');
    row_free(&mine);
    CHECK(!passes(&other));
    CHECK_INT(sieve.apps.n_values, 0); /* the row is emptied for each frame */
    end();
}

TEST(names_of_protocols_above)
{
    struct frame_bytes f = name_query(), other = udp_frame(40000, 2000, "");
    begin("dns", F_IP_TTL);
    CHECK(sieve.wants_apps);
    CHECK(passes(&f));
    CHECK(!passes(&other));
    end();
}
