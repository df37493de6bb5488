/* Makes all columns of a data set of flows, as Arrow arrays that all stay in memory: the speed of plain C.
 * Prints one line of JSON.
 * Usage: scan [-j JOBS] [-p] [-e FIELD]... CAPTURE... (-p: a row for each packet)
 * Build: gcc -O2 -Iinclude -Isrc bench/micro/scan.c -Lbuild -lflowcontainer -o scan */
#include "flowcontainer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MAX_FIELDS 256

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fail(const char *what, const struct fc_error *err)
{
    fprintf(stderr, "scan: %s: %s\n", what, err->text);
    return 1;
}

/* Reads every batch and keeps it. */
static int pull(struct ArrowArrayStream *stream, struct ArrowArray **batches, size_t *n)
{
    size_t room = 0;
    for (;;) {
        if (*n == room) {
            room = room ? 2 * room : 64;
            *batches = realloc(*batches, room * sizeof **batches);
            if (!*batches)
                return 12;
        }
        struct ArrowArray *a = *batches + *n;
        int status = stream->get_next(stream, a);
        if (status || !a->release)
            return status;
        ++*n;
    }
}

static void report(const struct fc_run *run, const struct ArrowArray *batches, size_t n, double seconds)
{
    long long rows = 0;
    for (size_t i = 0; i < n; ++i)
        rows += batches[i].length;
    struct fc_progress p;
    fc_run_progress(run, &p);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    unsigned long long kept = 0;
    for (size_t i = 0; i < fc_run_n_counts(run); ++i)
        if (fc_run_count(run, i).name[0] == 'k')
            kept = fc_run_count(run, i).packets;
    printf("{\"frames\": %llu, \"kept\": %llu, \"rows\": %lld, \"batches\": %zu, \"bytes\": %llu, "
           "\"seconds\": %.6f, "
           "\"peak_kb\": %ld, \"problems\": %zu}\n",
           (unsigned long long)p.frames, kept, rows, n, (unsigned long long)p.bytes_read, seconds,
           use.ru_maxrss, fc_run_n_problems(run));
}

int main(int argc, char **argv)
{
    const char *fields[MAX_FIELDS];
    struct fc_options opt;
    fc_options_init(&opt);
    opt.fields = fields;
    for (int c; (c = getopt(argc, argv, "j:pe:")) != -1;) {
        if (c == 'j')
            opt.jobs = (uint32_t)atoi(optarg);
        else if (c == 'p')
            opt.level = FC_LEVEL_PACKETS;
        else if (c == 'e' && opt.n_fields < MAX_FIELDS)
            fields[opt.n_fields++] = optarg;
        else
            return 2;
    }
    struct fc_error err = {0};
    struct fc_run *run = NULL;
    struct ArrowArrayStream stream = {0};
    struct ArrowArray *batches = NULL;
    size_t n = 0;
    double start = now_s();
    if (fc_open(&run, (const char *const *)argv + optind, (size_t)(argc - optind), &opt, &err))
        return fail("open", &err);
    if (fc_run_export(run, &stream, &err))
        return fail("export", &err);
    int status = pull(&stream, &batches, &n);
    if (status) {
        fprintf(stderr, "scan: %s\n", stream.get_last_error(&stream));
        return 1;
    }
    report(run, batches, n, now_s() - start);
    for (size_t i = 0; i < n; ++i)
        batches[i].release(&batches[i]);
    free(batches);
    stream.release(&stream);
    fc_run_free(run);
    return 0;
}
