/* Pieces in every order, against a list that is sorted anew; and how many steps a hostile order takes. */
#include "stream/waiting.h"

#include <stdlib.h>

#include "test.h"

enum { MANY = 2000 };

static struct waiting pieces;
static struct waiting_piece *all[MANY];
static uint32_t n_all;

static void push(uint64_t offset, uint32_t len)
{
    uint8_t n_levels = waiting_levels(&pieces, &hash_key_known, n_all);
    struct waiting_piece *piece = malloc(waiting_size(n_levels, len));
    if (!piece)
        abort();
    *piece = (struct waiting_piece){.offset = offset, .len = len, .frame = n_all, .n_levels = n_levels};
    waiting_insert(&pieces, piece);
    all[n_all++] = piece;
}

static void begin(void)
{
    while (n_all)
        free(all[--n_all]);
    pieces = (struct waiting){0};
}
__attribute__((destructor)) static void free_all(void) { begin(); }

static void check_order(void)
{
    uint64_t reached = 0;
    uint32_t n = 0;
    bool gap = false;
    for (const struct waiting_piece *p = pieces.first[0]; p; p = p->next[0], n++) {
        const struct waiting_piece *next = p->next[0];
        CHECK(!next || p->offset < next->offset || (p->offset == next->offset && p->frame < next->frame));
        gap |= p->offset > reached;
        if (!gap && p->offset + p->len > reached)
            reached = p->offset + p->len;
    }
    CHECK(n == n_all && pieces.n == n_all && pieces.reached == reached && waiting_has_gap(&pieces) == gap);
}

TEST(any_order_is_sorted)
{
    uint32_t drawn = 1;
    for (int round = 0; round < 50; round++) {
        begin();
        for (int i = 0; i < 40; i++) {
            drawn = drawn * 1664525 + 1013904223;
            push((drawn >> 8) % 30, (drawn >> 20) % 4);
            check_order();
        }
        const struct waiting_piece *last = waiting_last(&pieces, 15);
        CHECK(!last || last->offset <= 15);
        const struct waiting_piece *next = last ? last->next[0] : pieces.first[0];
        CHECK(!next || next->offset > 15);
    }
}

/* The links that are followed to the piece's place. */
static uint32_t steps_to(uint64_t offset)
{
    uint32_t steps = 0;
    struct waiting_piece *const *level = pieces.first;
    for (int i = WAITING_LEVELS; i--; steps++)
        for (; level[i] && level[i]->offset <= offset; level = level[i]->next)
            steps++;
    return steps;
}

TEST(no_place_is_far)
{
    for (int order = 0; order < 3; order++) { /* ascending, descending, all at one place */
        begin();
        for (uint32_t i = 0; i < MANY; i++)
            push(order == 0 ? 2 * i + 1 : order == 1 ? 2 * (MANY - i) : 1, 1);
        check_order();
        uint32_t most = 0;
        for (uint32_t i = 0; i < 2 * MANY; i += 7)
            most = steps_to(i) > most ? steps_to(i) : most;
        CHECK(most < 150);
    }
}
