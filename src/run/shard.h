/* Many captures, several threads, one order: batches come out as if one thread had read capture after
 * capture. */
#ifndef FC_RUN_SHARD_H
#define FC_RUN_SHARD_H

#include "run/reader.h"

struct shards;

/* Starts `jobs` threads (at least 2) over the inputs. All arguments outlive the shards. */
FC_MUST_USE enum fc_status shards_open(struct shards **out, const struct query *query,
                                       const struct input *inputs, size_t n_inputs, uint32_t jobs,
                                       struct progress *progress, struct fc_error *err);
/* The next batch in the order of the captures; out->array.release NULL at the end. */
FC_MUST_USE enum fc_status shards_next(struct shards *shards, struct batch *out, struct fc_error *err);
/* What all captures so far added up to. */
const struct report *shards_report(const struct shards *shards);
/* Stops the threads, whatever they do, and waits for them. */
void shards_close(struct shards *shards);

#endif
