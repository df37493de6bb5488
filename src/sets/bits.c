/* Packed bits -> columns of int8. Invariant: every row of a block has the same runs with the same widths. */
#include "sets/bits.h"

#include <string.h>

#include "base/memory.h"

enum {
    BLOCK_ROWS = 128, /* a multiple of the vector registers of every processor */
    MOST_RUNS = 8
};

struct set_block {
    uint32_t n_rows;            /* that wait */
    uint32_t n_runs, n_put, at; /* runs of a row; those of the row at hand, and their bytes */
    uint32_t widths[MOST_RUNS]; /* in bytes */
    uint16_t have[MOST_RUNS][BLOCK_ROWS];
    uint8_t absent[BLOCK_ROWS];  /* 0xff: the byte at hand is not there */
    uint8_t bytes[][BLOCK_ROWS]; /* of each place in a row, the bytes of all rows */
};

void set_bits_unpack(int8_t *out, const struct set_run *run, uint32_t first, uint32_t n)
{
    for (uint32_t bit = first; bit < first + n; bit++)
        *out++ = (int8_t)(bit / 8 < run->have ? run->bytes[bit / 8] >> (7 - bit % 8) & 1 : -1);
}

struct set_block *set_block_new(uint32_t n_bits)
{
    struct set_block *b = memory_alloc(sizeof *b + (size_t)n_bits / 8 * BLOCK_ROWS);
    if (b)
        memset(b, 0, sizeof *b);
    return b;
}

void set_block_free(struct set_block *b) { memory_free(b); }

void set_block_put(struct set_block *b, const struct set_run *run)
{
    uint8_t *to = &b->bytes[b->at][b->n_rows];
    for (uint32_t i = 0; i < run->have; i++)
        to[(size_t)i * BLOCK_ROWS] = run->bytes[i];
    b->have[b->n_put][b->n_rows] = run->have;
    b->widths[b->n_put++] = run->width;
    b->at += run->width;
}

bool set_block_row(struct set_block *b)
{
    b->n_runs = b->n_put;
    b->n_put = b->at = 0;
    return ++b->n_rows == BLOCK_ROWS;
}

enum presence { NONE, SOME, EVERY };

/* Which rows lack the byte at `place` of their run. */
static enum presence find_absent(struct set_block *b, const uint16_t *have, uint32_t place)
{
    uint8_t any = 0, all = 0xff;
    for (uint32_t row = 0; row < BLOCK_ROWS; row++)
        b->absent[row] = have[row] <= place ? 0xff : 0;
    for (uint32_t row = 0; row < BLOCK_ROWS; row++) {
        any |= b->absent[row];
        all &= b->absent[row];
    }
    return all ? NONE : any ? SOME : EVERY;
}

/* One bit of all rows. Rows behind the last one get values, too, which are never read: loops of a fixed
 * length become vector instructions. */
static void put_bit(int8_t *restrict to, const uint8_t *restrict bytes, const uint8_t *restrict absent,
                    uint8_t mask)
{
    for (uint32_t row = 0; row < BLOCK_ROWS; row++)
        to[row] = (int8_t)((bytes[row] & mask ? 1 : 0) | absent[row]);
}

static bool put_byte(struct set_block *b, struct column *columns, enum presence presence,
                     const uint8_t *bytes, size_t expected)
{
    for (unsigned bit = 0; bit < 8; bit++) {
        struct column *c = &columns[bit];
        if (!column_room(c, (c->data.cap ? 0 : expected) + BLOCK_ROWS))
            return false;
        int8_t *to = (int8_t *)c->data.data + c->length;
        if (presence == NONE)
            memset(to, -1, BLOCK_ROWS);
        else
            put_bit(to, bytes, b->absent, (uint8_t)(0x80 >> bit));
        c->length += b->n_rows;
    }
    return true;
}

bool set_block_flush(struct set_block *b, struct column *columns, size_t expected)
{
    uint32_t at = 0;
    for (uint32_t run = 0; b->n_rows && run < b->n_runs; at += b->widths[run++])
        for (uint32_t i = 0; i < b->widths[run]; i++) {
            enum presence presence = find_absent(b, b->have[run], i);
            if (!put_byte(b, columns + (size_t)(at + i) * 8, presence, b->bytes[at + i], expected))
                return false;
        }
    b->n_rows = 0;
    return true;
}
