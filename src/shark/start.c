/* Invariant: the worker is started at most once, and asked its question at most once, before it forks its
 * first child: a child answers only a question that its parent was asked before the fork. */
#include "shark/start.h"

#include <pthread.h>
#include <string.h>

#include "base/memory.h"

struct shark {
    pthread_mutex_t lock;
    struct worker *worker; /* NULL: not launched yet, or there is none */
    bool launched, ready;  /* libwireshark is ready when both are set and there is a worker */
    bool asked, answers;   /* the question was asked; and it was not refused */
    char *filter;
    char **names;
    struct field *fields; /* what the worker answered, one for each name */
    size_t n_names;
    enum fc_passes passes;
    struct message_stop stop;
};

struct shark *shark_new(const struct fc_options *options)
{
    struct shark *s = memory_zero(1, sizeof *s);
    if (!s)
        return NULL;
    pthread_mutex_init(&s->lock, NULL);
    s->passes = options->passes;
    s->filter = memory_text(options->filter ? options->filter : "");
    s->names = memory_zero(options->n_fields, sizeof *s->names);
    s->fields = memory_zero(options->n_fields, sizeof *s->fields);
    bool ok = s->filter && s->names && s->fields;
    for (; ok && s->n_names < options->n_fields; s->n_names += ok)
        ok = (s->names[s->n_names] = memory_text(options->fields[s->n_names])) != NULL;
    if (ok)
        return s;
    shark_free(s);
    return NULL;
}

/* ---- starting; the caller holds the lock ---- */

static enum fc_status launch(struct shark *s, struct fc_error *err)
{
    if (s->launched)
        return FC_OK;
    s->launched = true;
    enum fc_status status = worker_launch(&s->worker, err);
    if (!status)
        worker_watch(s->worker, &s->stop);
    return status;
}

static enum fc_status make_ready(struct shark *s, struct fc_error *err)
{
    enum fc_status status = launch(s, err);
    if (status || s->ready || !s->worker)
        return status;
    s->ready = true;
    if ((status = worker_await(s->worker, err))) {
        worker_stop(s->worker);
        s->worker = NULL;
    }
    return status;
}

static enum fc_status ask(struct shark *s, const struct fc_options *options, const char *keylog,
                          struct fc_error *err)
{
    struct worker_question question = {.filter = s->filter,
                                       .names = (const char *const *)s->names,
                                       .n = s->n_names,
                                       .keylog = keylog,
                                       .options = options};
    s->asked = true;
    enum fc_status status = worker_query(s->worker, &question, s->fields, err);
    s->answers = !status;
    return status;
}

/* A worker that is there and was asked, if there is something to ask. */
static struct worker *make_asked(struct shark *s)
{
    struct fc_error ignored; /* without a worker the native engine goes on, and says what it did not follow */
    struct fc_options options = {.passes = s->passes};
    bool has_question = s->n_names || *s->filter;
    if (make_ready(s, &ignored) || !s->worker)
        return NULL;
    if (has_question && !s->asked)
        ask(s, &options, NULL, &ignored); /* a worker that refuses still does what needs no query */
    return s->worker;
}

/* ---- the interface ---- */

void shark_watch(struct shark *s, const struct message_stop *stop)
{
    pthread_mutex_lock(&s->lock);
    s->stop = *stop;
    if (s->worker)
        worker_watch(s->worker, stop);
    pthread_mutex_unlock(&s->lock);
}

enum fc_status shark_start(struct shark *s, struct fc_error *err)
{
    pthread_mutex_lock(&s->lock);
    enum fc_status status = make_ready(s, err);
    pthread_mutex_unlock(&s->lock);
    return status;
}

enum fc_status shark_ask(struct shark *s, const struct fc_options *options, const char *keylog,
                         struct field *out, struct fc_error *err)
{
    pthread_mutex_lock(&s->lock);
    enum fc_status status = ask(s, options, keylog, err);
    pthread_mutex_unlock(&s->lock);
    if (!status && s->n_names)
        memcpy(out, s->fields, s->n_names * sizeof *out);
    return status;
}

enum release shark_release(const struct shark *s) { return release_of(worker_version(s->worker)); }

void shark_launch(struct shark *s)
{
    struct fc_error ignored; /* it is told by nobody: shark_answering then gives NULL */
    pthread_mutex_lock(&s->lock);
    if (launch(s, &ignored))
        s->worker = NULL;
    pthread_mutex_unlock(&s->lock);
}

static bool have_same_types(const struct field *fields, const struct query *query)
{
    for (size_t i = 0; i < query->n_fields; i++)
        if (fields[i].type != query->fields[i].type)
            return false;
    return true;
}

struct worker *shark_answering(struct shark *s, const struct query *query)
{
    pthread_mutex_lock(&s->lock);
    struct worker *worker = make_asked(s);
    bool answers =
        worker && s->answers && have_same_types(s->fields, query) && shark_release(s) == query->release;
    pthread_mutex_unlock(&s->lock);
    return answers ? worker : NULL;
}

struct worker *shark_worker(struct shark *s)
{
    pthread_mutex_lock(&s->lock);
    struct worker *worker = make_asked(s);
    pthread_mutex_unlock(&s->lock);
    return worker;
}

void shark_free(struct shark *s)
{
    if (!s)
        return;
    worker_stop(s->worker);
    for (size_t i = 0; i < s->n_names; i++)
        memory_free(s->names[i]);
    memory_free(s->names);
    memory_free(s->fields);
    memory_free(s->filter);
    pthread_mutex_destroy(&s->lock);
    memory_free(s);
}
