/* A task is a row of neighbouring captures; threads take tasks in order, each with a walk of its own, and
 * queue its batches. The reader empties the queues in task order. Invariants: tasks are taken in order, so
 * the reader's task is always being worked on; a thread waits while its queue is full or while it is far
 * ahead, so memory is bounded. */
#include "run/shard.h"

#include <pthread.h>

#include "base/error.h"
#include "base/memory.h"

enum { TASK_CAPTURES = 64, TASK_BYTES = 32 << 20, QUEUE = 4, AHEAD = 4 };

struct task {
    size_t from, to; /* inputs */
    struct batch queue[QUEUE];
    size_t head, n_queued;
    struct report report;
    struct fc_error error;
    bool done;
};

struct shards {
    const struct query *query;
    const struct input *inputs;
    struct progress *progress;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct task *tasks;
    size_t n_tasks, tasks_capacity;
    size_t next_task, reading; /* first not taken, the one the reader empties */
    bool stopping;
    pthread_t *threads;
    uint32_t n_threads;
    struct report report;
};

static bool cut_tasks(struct shards *s, size_t n_inputs)
{
    size_t from = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < n_inputs; i++) {
        bytes += source_size(&s->inputs[i].place);
        if (i + 1 < n_inputs && bytes < TASK_BYTES && i + 1 - from < TASK_CAPTURES)
            continue;
        if (!memory_reserve((void **)&s->tasks, &s->tasks_capacity, s->n_tasks + 1, sizeof *s->tasks))
            return false;
        s->tasks[s->n_tasks++] = (struct task){.from = from, .to = i + 1};
        from = i + 1;
        bytes = 0;
    }
    return true;
}

/* Waits for room and queues the batch; false when everything stops (the batch is then released). */
static bool task_push(struct shards *s, struct task *t, struct batch *batch)
{
    pthread_mutex_lock(&s->lock);
    while (t->n_queued == QUEUE && !s->stopping)
        pthread_cond_wait(&s->changed, &s->lock);
    bool stopping = s->stopping;
    if (!stopping) {
        t->queue[(t->head + t->n_queued++) % QUEUE] = *batch;
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    if (stopping)
        batch->array.release(&batch->array);
    return !stopping;
}

static void task_work(struct shards *s, struct task *t)
{
    struct reader reader = {0};
    struct fc_error error = {0};
    struct report report = {0};
    enum fc_status status =
        reader_open(&reader, s->query, s->inputs + t->from, t->to - t->from, s->progress, &error);
    while (!status) {
        struct batch batch;
        status = reader_next(&reader, &batch, &error);
        if (status || !batch.array.release || !task_push(s, t, &batch))
            break;
    }
    if (reader_is_open(&reader) && report_merge(&report, reader_report(&reader)))
        error_memory(&error);
    reader_close(&reader);
    pthread_mutex_lock(&s->lock);
    t->report = report;
    t->error = error;
    t->done = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void *shard_thread(void *argument)
{
    struct shards *s = argument;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping && s->next_task < s->n_tasks) {
        if (s->next_task >= s->reading + (size_t)AHEAD * s->n_threads) {
            pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        struct task *t = &s->tasks[s->next_task++];
        pthread_mutex_unlock(&s->lock);
        task_work(s, t);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

enum fc_status shards_open(struct shards **out, const struct query *query, const struct input *inputs,
                           size_t n_inputs, uint32_t jobs, struct progress *progress, struct fc_error *err)
{
    struct shards *s = memory_zero(1, sizeof *s);
    if (!s)
        return error_memory(err);
    s->query = query;
    s->inputs = inputs;
    s->progress = progress;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    s->threads = memory_zero(jobs, sizeof *s->threads);
    if (!s->threads || !cut_tasks(s, n_inputs)) {
        shards_close(s);
        return error_memory(err);
    }
    pthread_mutex_lock(&s->lock);
    while (s->n_threads < jobs && !pthread_create(&s->threads[s->n_threads], NULL, shard_thread, s))
        s->n_threads++;
    pthread_mutex_unlock(&s->lock);
    if (!s->n_threads) {
        shards_close(s);
        return error_set(err, FC_IO, -1, "no thread could be started");
    }
    *out = s;
    return FC_OK;
}

enum fc_status shards_next(struct shards *s, struct batch *out, struct fc_error *err)
{
    enum fc_status status = FC_OK;
    *out = (struct batch){.table = 0};
    pthread_mutex_lock(&s->lock);
    while (!status && !out->array.release && s->reading < s->n_tasks) {
        struct task *t = &s->tasks[s->reading];
        if (t->n_queued) {
            *out = t->queue[t->head];
            t->head = (t->head + 1) % QUEUE;
            t->n_queued--;
            pthread_cond_broadcast(&s->changed);
        } else if (t->done) {
            status = t->error.status;
            if (status)
                error_set(err, status, t->error.offset, "%s", t->error.text);
            if (report_merge(&s->report, &t->report) && !status)
                status = error_memory(err);
            report_free(&t->report);
            s->reading++;
            pthread_cond_broadcast(&s->changed);
        } else {
            pthread_cond_wait(&s->changed, &s->lock);
        }
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}

const struct report *shards_report(const struct shards *s) { return &s->report; }

void shards_close(struct shards *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    if (s->reading < s->n_tasks) /* walks look at this now and then */
        atomic_store(&s->progress->cancelled, true);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    for (uint32_t i = 0; i < s->n_threads; i++)
        pthread_join(s->threads[i], NULL);
    for (size_t i = 0; i < s->n_tasks; i++) {
        struct task *t = &s->tasks[i];
        for (; t->n_queued; t->n_queued--, t->head = (t->head + 1) % QUEUE)
            t->queue[t->head].array.release(&t->queue[t->head].array);
        report_free(&t->report);
    }
    report_free(&s->report);
    memory_free(s->tasks);
    memory_free(s->threads);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    memory_free(s);
}
