/* Memory beyond a limit: blocks that lie in a temporary file, from which the system reads them when they are
 * needed.
 *
 * The file is mapped, so that the holders of the blocks use pointers as ever. One file serves all threads of
 * a run. While the blocks take less than half of the limit there is no file. Later blocks lie in the file,
 * and spill_look takes them out of the process's memory whenever the process needs more than its limit. The
 * space of the file is reserved before it is used, so a full disk is a failed allocation with a reason. */
#ifndef FC_BASE_SPILL_H
#define FC_BASE_SPILL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spill;

/* `limit` in bytes; NULL when memory ends. */
struct spill *spill_new(uint64_t limit);
/* A block of n bytes, not zeroed; NULL when there is none. Without a spill (NULL), memory_alloc does it. */
void *spill_take(struct spill *spill, size_t n);
/* Gives back a block of n bytes from spill_take of the same spill; NULL is nothing. */
void spill_give(struct spill *spill, void *block, size_t n);
/* Holds the process to its limit, with room for `more` bytes that come at once. Call it every few hundred
 * frames or flows, and before a large allocation elsewhere. */
void spill_look(struct spill *spill, uint64_t more);
/* Whether spill_take failed because of the file, and then the reason in *err. */
bool spill_failed(struct spill *spill, struct fc_error *err);
/* The size of the file in bytes. */
uint64_t spill_bytes(struct spill *spill);
void spill_free(struct spill *spill); /* with all blocks in the file; NULL is nothing */

#endif
