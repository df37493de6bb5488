/* Invariant: it is tried once. */
#include "shark/spare.h"

#include <pthread.h>

#include "base/memory.h"

struct spare {
    pthread_mutex_t lock;
    struct worker *worker;
    bool tried;
};

struct spare *spare_new(void)
{
    struct spare *s = memory_zero(1, sizeof *s);
    if (s)
        pthread_mutex_init(&s->lock, NULL);
    return s;
}

struct worker *spare_worker(struct spare *s)
{
    struct fc_error ignored; /* the capture's own error is the one to tell */
    pthread_mutex_lock(&s->lock);
    if (!s->tried && worker_start(&s->worker, &ignored))
        s->worker = NULL;
    s->tried = true;
    pthread_mutex_unlock(&s->lock);
    return s->worker;
}

void spare_free(struct spare *s)
{
    if (!s)
        return;
    worker_stop(s->worker);
    pthread_mutex_destroy(&s->lock);
    memory_free(s);
}
