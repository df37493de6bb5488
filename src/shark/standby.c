/* The query that libwireshark goes on with. Invariant: it is made once, and its fields have the types of the
 * native ones, so that rows of both stand in one column. */
#include "shark/standby.h"

#include <pthread.h>

#include "base/memory.h"
#include "shark/worker.h"

struct standby {
    pthread_mutex_t lock;
    bool launched, tried, ready;
    struct worker *worker; /* launched, or NULL */
    struct query query;
    char *filter;
    char **names;
    size_t n_names;
};

struct standby *standby_new(const struct fc_options *options)
{
    struct standby *s = memory_zero(1, sizeof *s);
    if (!s)
        return NULL;
    pthread_mutex_init(&s->lock, NULL);
    s->filter = memory_text(options->filter ? options->filter : "");
    s->names = memory_zero(options->n_fields, sizeof *s->names);
    bool ok = s->filter && s->names;
    for (; ok && s->n_names < options->n_fields; s->n_names += ok)
        ok = (s->names[s->n_names] = memory_text(options->fields[s->n_names])) != NULL;
    if (ok)
        return s;
    standby_free(s);
    return NULL;
}

static bool are_alike(const struct query *a, const struct query *b)
{
    for (size_t i = 0; i < a->n_fields; i++)
        if (a->fields[i].type != b->fields[i].type)
            return false;
    return true;
}

static bool make(struct standby *s, const struct query *native)
{
    struct query *q = &s->query;
    struct fc_error ignored; /* whatever it is, the native engine goes on, and says what it did not follow */
    *q = (struct query){.options = native->options,
                        .n_fields = native->n_fields,
                        .children = native->children,
                        .has_filter = native->has_filter,
                        .worker = s->worker,
                        .fields = memory_zero(native->n_fields, sizeof *q->fields)};
    struct worker_question question = {
        .filter = s->filter, .names = (const char *const *)s->names, .n = s->n_names, .options = &q->options};
    return q->fields && q->worker && !worker_await(q->worker, &ignored) &&
           !worker_query(q->worker, &question, q->fields, &ignored) && are_alike(native, q);
}

static void launch(struct standby *s)
{
    struct fc_error ignored;
    if (!s->launched && worker_launch(&s->worker, &ignored))
        s->worker = NULL;
    s->launched = true;
}

void standby_launch(struct standby *s)
{
    pthread_mutex_lock(&s->lock);
    launch(s);
    pthread_mutex_unlock(&s->lock);
}

const struct query *standby_query(struct standby *s, const struct query *native)
{
    pthread_mutex_lock(&s->lock);
    launch(s);
    if (!s->tried)
        s->ready = make(s, native);
    s->tried = true;
    pthread_mutex_unlock(&s->lock);
    return s->ready ? &s->query : NULL;
}

void standby_free(struct standby *s)
{
    if (!s)
        return;
    worker_stop(s->worker);
    memory_free(s->query.fields);
    for (size_t i = 0; i < s->n_names; i++)
        memory_free(s->names[i]);
    memory_free(s->names);
    memory_free(s->filter);
    pthread_mutex_destroy(&s->lock);
    memory_free(s);
}
