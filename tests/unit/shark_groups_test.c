/* Groups of address pairs: what belongs together is one group, by whatever way and in whatever order it was
 * joined. */
#include "shark/groups.h"

#include "test.h"

static struct group_table *table;
static uint8_t headers[4][64];
static struct packet packet;

static void begin(void) { table = groups_new(); }

static void end(void) { groups_free(table); }

/* Begins a packet between 10.0.0.`a` and 10.0.0.`b`. */
static void add_ip4(uint8_t a, uint8_t b)
{
    uint8_t *h = headers[packet.n_layers];
    memset(h, 0, sizeof headers[0]);
    memcpy(h + 12, (uint8_t[]){10, 0, 0, a}, 4);
    memcpy(h + 16, (uint8_t[]){10, 0, 0, b}, 4);
    packet.layers[packet.n_layers++] = (struct layer){.kind = LAYER_IP4, .data = h, .cap = 64, .len = 64};
}

static uint32_t note(void)
{
    uint32_t group = groups_note(table, &packet);
    CHECK(group != UINT32_MAX);
    packet.n_layers = 0;
    return group;
}

static uint32_t note_pair(uint8_t a, uint8_t b)
{
    add_ip4(a, b);
    return note();
}

static uint32_t note_quic(uint8_t a, uint8_t b, const void *payload, uint8_t n)
{
    add_ip4(a, b);
    uint8_t *h = headers[packet.n_layers];
    memset(h, 0, sizeof headers[0]);
    memcpy(h + 8, payload, n);
    packet.layers[packet.n_layers++] =
        (struct layer){.kind = LAYER_UDP, .data = h, .cap = 8u + n, .len = 8u + n};
    return note();
}

static bool together(uint32_t a, uint32_t b) { return groups_find(table, a) == groups_find(table, b); }

TEST(a_pair_is_one_group_in_both_directions)
{
    begin();
    CHECK(together(note_pair(1, 2), note_pair(2, 1)));
    CHECK(!together(note_pair(1, 2), note_pair(1, 3)));
    end();
}

TEST(a_tunnel_joins_its_ends_and_what_it_carries)
{
    begin();
    uint32_t carried = note_pair(1, 2), outer = note_pair(8, 9), other = note_pair(3, 4);
    CHECK(!together(carried, outer));
    add_ip4(8, 9);
    add_ip4(1, 2);
    uint32_t both = note();
    CHECK(together(carried, outer) && together(both, outer));
    CHECK(!together(other, outer));
    end();
}

TEST(joining_closes_over_chains)
{
    begin();
    uint32_t first = note_pair(1, 2), last = note_pair(7, 8);
    for (uint8_t a = 6; a >= 1; a--) { /* from the end of the chain to its start */
        add_ip4(a, a + 1);
        add_ip4(a + 1, a + 2);
        note();
    }
    CHECK(together(first, last));
    end();
}

TEST(joins_lead_to_the_same_groups_in_any_order)
{
    begin();
    static const uint8_t joins[][4] = {{1, 2, 3, 4}, {5, 6, 7, 8}, {3, 4, 5, 6}, {9, 10, 11, 12}};
    for (int order = 0; order < 2; order++) {
        struct group_table *t = table;
        table = groups_new();
        for (int i = 0; i < 4; i++) {
            const uint8_t *j = joins[order ? 3 - i : i];
            add_ip4(j[0], j[1]);
            add_ip4(j[2], j[3]);
            note();
        }
        CHECK(together(note_pair(1, 2), note_pair(7, 8)));
        CHECK(!together(note_pair(1, 2), note_pair(9, 10)));
        groups_free(table);
        table = t;
    }
    end();
}

TEST(the_slots_grow)
{
    begin();
    uint32_t first = note_pair(0, 1);
    for (int i = 0; i < 3000; i++) {
        add_ip4((uint8_t)(i / 100), (uint8_t)(100 + i % 100));
        headers[0][12] = (uint8_t)(20 + i / 1000);
        note();
    }
    CHECK(together(first, note_pair(1, 0)));
    CHECK_INT(groups_count(table), 1 + 1 + 3000);
    end();
}

TEST(frames_without_ip_are_one_group)
{
    char text[64];
    begin();
    uint32_t group = note();
    CHECK_INT(group, note());
    groups_name(text, sizeof text, table, group);
    CHECK(!strcmp(text, "frames without IP"));
    groups_name(text, sizeof text, table, note_pair(2, 1));
    CHECK(!strcmp(text, "10.0.0.1 and 10.0.0.2"));
    end();
}

TEST(all_of_sctp_is_one_group)
{
    begin();
    uint32_t groups[2];
    for (uint8_t i = 0; i < 2; i++) {
        add_ip4((uint8_t)(1 + 2 * i), (uint8_t)(2 + 2 * i));
        packet.layers[packet.n_layers++] = (struct layer){.kind = LAYER_SCTP, .data = headers[3]};
        groups[i] = note();
    }
    CHECK(together(groups[0], groups[1]));
    CHECK(!together(groups[0], note_pair(5, 6)));
    end();
}

TEST(a_connection_id_follows_a_client_to_another_address)
{
    static const uint8_t long_header[] = {0xc0, 0, 0, 0, 1, 4, 1, 2, 3, 4, 4, 5, 6, 7, 8};
    static const uint8_t short_header[] = {0x40, 5, 6, 7, 8, 0, 0}, other[] = {0x40, 5, 6, 7, 9, 0, 0};
    begin();
    uint32_t before = note_quic(1, 2, long_header, sizeof long_header);
    uint32_t after = note_quic(3, 2, short_header, sizeof short_header);
    uint32_t stranger = note_quic(4, 2, other, sizeof other);
    CHECK(together(before, after));
    CHECK(!together(before, stranger));
    end();
}

TEST(an_id_length_beyond_the_datagram_joins_nothing)
{
    static const uint8_t cut[] = {0xc0, 0, 0, 0, 1, 20, 1, 2, 3, 4},
                         too_long[] = {0xc0, 0, 0, 0, 1, 21, 1, 2};
    begin();
    uint32_t a = note_quic(1, 2, cut, sizeof cut), b = note_quic(3, 4, cut, sizeof cut);
    uint32_t c = note_quic(5, 6, too_long, sizeof too_long);
    CHECK(!together(a, b) && !together(a, c));
    end();
}
