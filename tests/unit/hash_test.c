/* The hash of all tables: inputs that a stranger chooses must not meet in one slot. The cost of a table is
 * counted in probes, not in time. */
#include "base/hash.h"

#include "flow/conv.h"

#include "test.h"

enum { N = 4096, SLOTS = 2 * N };

/* ---- the inputs of an attack on a hash without a secret ---- */

/* This hash was used before, without a secret: h = (h ^ word) * C, h ^= h >> 32, for each of five words. Each
 * step can be undone, so for any four words a fifth one leads to a given end. */
#define MULTIPLIER UINT64_C(0xff51afd7ed558ccd)

static uint64_t forward(uint64_t h, uint64_t word)
{
    h = (h ^ word) * MULTIPLIER;
    return h ^ h >> 32;
}

/* Newton's iteration: each round doubles the number of right bits. */
static uint64_t inverse(uint64_t odd)
{
    uint64_t x = odd;
    for (int i = 0; i < 6; i++)
        x *= 2 - odd * x;
    return x;
}

/* Sets words[free] so that the old hash of the five words is `target`. */
static void collide(uint64_t words[5], int free, uint64_t target)
{
    uint64_t h = UINT64_C(0x9e3779b97f4a7c15), back = inverse(MULTIPLIER);
    for (int i = 0; i < free; i++)
        h = forward(h, words[i]);
    for (int i = 4; i > free; i--)
        target = (target ^ target >> 32) * back ^ words[i];
    words[free] = (target ^ target >> 32) * back ^ h;
}

/* ---- counting ---- */

/* Steps past the first slot that all inputs take together in a table with open addressing. */
static uint32_t probes(const struct hash_key *key, const uint64_t (*inputs)[5], size_t len)
{
    static bool taken[SLOTS];
    uint32_t n = 0;
    memset(taken, 0, sizeof taken);
    for (int i = 0; i < N; i++) {
        uint64_t at = hash_bytes(key, inputs[i], len) % SLOTS;
        for (; taken[at]; at = (at + 1) % SLOTS)
            n++;
        taken[at] = true;
    }
    return n;
}

/* At a load of a half, a hash that scatters evenly needs half a step an input; four standard deviations and
 * more lie below this bound. */
enum { MOST_PROBES = N };

static uint64_t inputs[N][5];

TEST(counters_in_any_word_are_scattered)
{
    struct hash_key key;
    hash_key_make(&key);
    for (int word = 0; word < 5; word++)
        for (int shift = 0; shift <= 48; shift += 8) {
            memset(inputs, 0, sizeof inputs);
            for (int i = 0; i < N; i++)
                inputs[i][word] = (uint64_t)i << shift;
            CHECK(probes(&key, inputs, sizeof inputs[0]) < MOST_PROBES);
        }
}

TEST(inputs_that_met_in_a_hash_without_secret_are_scattered)
{
    struct hash_key key;
    hash_key_make(&key);
    for (int word = 0; word < 5; word++) {
        for (int i = 0; i < N; i++) {
            for (int w = 0; w < 5; w++)
                inputs[i][w] = (uint64_t)(i + 1) * (uint64_t)(w + 3);
            collide(inputs[i], word, UINT64_C(0x12345678abcdef00));
        }
        CHECK(probes(&key, inputs, sizeof inputs[0]) < MOST_PROBES);
    }
}

/* Inputs that meet in the lowest 12 bits under one key, and differ in one word only, do not meet under
 * another. */
TEST(the_key_meets_every_word)
{
    for (int word = 0; word < 5; word++) {
        struct hash_key key, other;
        uint64_t first[5] = {1, 2, 3, 4, 5}, second[5] = {1, 2, 3, 4, 5};
        int met = 0, met_again = 0;
        hash_key_make(&key);
        hash_key_make(&other);
        for (uint64_t i = 1; met < 64; i++) {
            second[word] = first[word] + i;
            if ((hash_bytes(&key, first, 40) ^ hash_bytes(&key, second, 40)) & 0xfff)
                continue;
            met++;
            met_again += !((hash_bytes(&other, first, 40) ^ hash_bytes(&other, second, 40)) & 0xfff);
        }
        CHECK(met_again < 8);
    }
}

TEST(bytes_beyond_one_piece_count_and_so_does_the_length)
{
    struct hash_key key;
    uint8_t text[130] = {0};
    hash_key_make(&key);
    for (size_t i = 0; i < sizeof text; i++) {
        uint64_t before = hash_bytes(&key, text, sizeof text);
        text[i] = 1;
        CHECK(hash_bytes(&key, text, sizeof text) != before);
        text[i] = 0;
        CHECK(hash_bytes(&key, text, i) != before);
    }
}

TEST(two_keys_differ)
{
    struct hash_key a, b;
    hash_key_make(&a);
    hash_key_make(&b);
    for (size_t i = 0; i < sizeof a.words / sizeof a.words[0]; i++)
        CHECK(a.words[i] != b.words[i]);
}

/* ---- the table of conversations under attack ---- */

/* A SYN over IPv6 between the two ends of a conversation's key. */
static void send_syn(struct conv_table *table, const uint64_t words[5])
{
    static const struct capture_interface raw = {.link_type = 101, .fcs_len = -1};
    struct endpoint ends[2];
    memcpy(ends, words, sizeof ends);
    uint8_t bytes[60] = {0x60, 0, 0, 0, 0, 20, 6, 64};
    memcpy(bytes + 8, ends[0].address, 16);
    memcpy(bytes + 24, ends[1].address, 16);
    for (int i = 0; i < 2; i++) {
        bytes[40 + 2 * i] = (uint8_t)(ends[i].port >> 8);
        bytes[41 + 2 * i] = (uint8_t)ends[i].port;
    }
    bytes[52] = 0x50;
    bytes[53] = TCP_FLAG_SYN;
    struct frame frame = {.data = bytes, .cap_len = sizeof bytes, .len = sizeof bytes, .interface = &raw};
    struct packet packet;
    struct conv_ref ref;
    decode_frame(&packet, &frame);
    CHECK(conv_find(table, &packet, &packet.layers[packet.n_layers - 1], &ref) && ref.is_new);
}

TEST(chosen_addresses_do_not_slow_the_table_of_conversations)
{
    static struct conv_table table;
    for (int i = 0; i < N; i++) {
        struct endpoint ends[2] = {{{0x20}, (uint16_t)(1024 + i), 6, CONV_TCP}, {{0xfd}, 443, 6, CONV_TCP}};
        uint64_t words[5];
        memcpy(words, ends, sizeof words);
        collide(words, 3, UINT64_C(0x12345678abcdef00)); /* eight bytes of the higher address */
        send_syn(&table, words);
    }
    uint64_t n = 0;
    for (size_t i = 0; i < table.n_slots; i++)
        if (table.slots[i].index)
            n += (i - table.slots[i].hash) & (table.n_slots - 1);
    CHECK_INT(table.n_convs, N);
    CHECK(n < MOST_PROBES);
    conv_free(&table);
}
