/* Makes the columns of a data set of flows as Arrow arrays: the speed of plain C. Prints one line of JSON.
 * Usage: scan [-j JOBS] [-p] [-d] [-q QUERY] [-e FIELD]... CAPTURE...
 *   -p: a row for each packet
 *   -d: drops each batch, as a consumer that writes them does; otherwise all batches stay in memory
 *   -q: the columns of a query of rows.py instead of the default ones
 * Build: gcc -O2 -Iinclude -Isrc bench/micro/scan.c -Lbuild -lflowcontainer -o scan */
#include "flowcontainer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Processor time of this process: other programs on the machine disturb it least. */
static double cpu_s(const struct rusage *use)
{
    return (double)(use->ru_utime.tv_sec + use->ru_stime.tv_sec) +
           (double)(use->ru_utime.tv_usec + use->ru_stime.tv_usec) / 1e6;
}

static int fail(const char *what, const struct fc_error *err)
{
    fprintf(stderr, "scan: %s: %s\n", what, err->text);
    return 1;
}

/* The queries of rows.py; the defaults stay for `plain`. False: there is no such query. */
static bool choose(struct fc_options *opt, const char *query)
{
    static const struct fc_column totals[] = {{.source = "src"},       {.source = "dst"},
                                              {.source = "sport"},     {.source = "dport"},
                                              {.source = "fwd_bytes"}, {.source = "bwd_bytes"}};
    static const struct fc_bytes bytes[] = {
        {.name = "header", .packets = 5, .length = 80, .start = FC_START_IP},
        {.name = "payload", .packets = 5, .length = 240, .start = FC_START_PAYLOAD}};
    static const char *const families[] = {"basic", "stats"};
    if (!strcmp(query, "totals")) {
        opt->columns = totals;
        opt->n_columns = 6;
    } else if (!strcmp(query, "basic") || !strcmp(query, "stats")) {
        opt->features = &families[!strcmp(query, "stats")];
        opt->n_features = 1;
    } else if (!strncmp(query, "bytes", 5)) {
        opt->bytes = bytes;
        opt->n_bytes = 2;
        opt->columns = strcmp(query, "bytes-only") ? NULL : totals;
        opt->n_columns = opt->columns ? 4 : 0;
        opt->packets = strcmp(query, "bytes-first") ? 0 : 5;
    } else {
        return !strcmp(query, "plain");
    }
    return true;
}

/* Reads every batch, and keeps it unless `drop`. */
static int pull(struct ArrowArrayStream *stream, bool drop, struct ArrowArray **batches, size_t *n,
                long long *rows)
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
        *rows += a->length;
        if (drop)
            a->release(a);
        else
            ++*n;
    }
}

static void report(const struct fc_run *run, long long rows, size_t n, double seconds)
{
    struct fc_progress p;
    fc_run_progress(run, &p);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    unsigned long long kept = 0;
    for (size_t i = 0; i < fc_run_n_counts(run); ++i)
        if (fc_run_count(run, i).name[0] == 'k')
            kept = fc_run_count(run, i).packets;
    printf("{\"frames\": %llu, \"kept\": %llu, \"rows\": %lld, \"batches\": %zu, \"bytes\": %llu, "
           "\"seconds\": %.6f, \"cpu_seconds\": %.6f, "
           "\"peak_kb\": %ld, \"problems\": %zu}\n",
           (unsigned long long)p.frames, kept, rows, n, (unsigned long long)p.bytes_read, seconds,
           cpu_s(&use), use.ru_maxrss, fc_run_n_problems(run));
}

int main(int argc, char **argv)
{
    const char *fields[MAX_FIELDS];
    struct fc_options opt;
    fc_options_init(&opt);
    opt.fields = fields;
    bool drop = false;
    for (int c; (c = getopt(argc, argv, "j:pde:q:")) != -1;) {
        if (c == 'j')
            opt.jobs = (uint32_t)atoi(optarg);
        else if (c == 'p')
            opt.level = FC_LEVEL_PACKETS;
        else if (c == 'd')
            drop = true;
        else if (c == 'q' && choose(&opt, optarg))
            continue;
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
    long long rows = 0;
    double start = now_s();
    if (fc_open(&run, (const char *const *)argv + optind, (size_t)(argc - optind), &opt, &err))
        return fail("open", &err);
    if (fc_run_export(run, &stream, &err))
        return fail("export", &err);
    int status = pull(&stream, drop, &batches, &n, &rows);
    if (status) {
        fprintf(stderr, "scan: %s\n", stream.get_last_error(&stream));
        return 1;
    }
    report(run, rows, n, now_s() - start);
    for (size_t i = 0; i < n; ++i)
        batches[i].release(&batches[i]);
    free(batches);
    stream.release(&stream);
    fc_run_free(run);
    return 0;
}
