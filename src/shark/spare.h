/* A worker for captures that only libwireshark can read, started when the first of them turns up. */
#ifndef FC_SHARK_SPARE_H
#define FC_SHARK_SPARE_H

#include "shark/worker.h"

struct spare;

struct spare *spare_new(void);
/* The worker, the same for every thread; NULL: there is none. */
struct worker *spare_worker(struct spare *spare);
void spare_free(struct spare *spare);

#endif
