/* Rows of bits, which a family gives packed: eight columns a byte. The rows of a block wait side by side,
 * byte by byte, and then each column gets the values of the whole block at once: no work is done for a single
 * bit of a single row, and a thousand columns are not written to for each row.
 *
 *     set_block_put(block, run);  for each run of a row, in order
 *     set_block_row(block);       the row is complete; true: the block is full
 *     set_block_flush(...)        -> columns */
#ifndef FC_SETS_BITS_H
#define FC_SETS_BITS_H

#include "sets/set.h"
#include "table/column.h"

/* n values from bit `first` of a run on: 1, 0, or -1 where the run has ended. */
void set_bits_unpack(int8_t *out, const struct set_run *run, uint32_t first, uint32_t n);

struct set_block;

/* For rows of n_bits bits, a multiple of 8. NULL: memory ended. */
struct set_block *set_block_new(uint32_t n_bits);
void set_block_free(struct set_block *block); /* NULL is allowed */
void set_block_put(struct set_block *block, const struct set_run *run);
bool set_block_row(struct set_block *block);
/* Writes the rows that wait to their columns, one a bit. A column without memory gets room for `expected`
 * rows. */
FC_MUST_USE bool set_block_flush(struct set_block *block, struct column *columns, size_t expected);

#endif
