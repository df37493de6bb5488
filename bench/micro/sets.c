/* Makes the tables of feature sets of other programs and throws their batches away: the speed of plain C.
 * Prints one line of JSON.
 * Usage: sets NAME[,NAME...] CAPTURE...
 * Build: gcc -O2 -Iinclude bench/micro/sets.c -Lbuild -lflowcontainer -o sets */
#include "flowcontainer.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { MOST_NAMES = 16 };

static int fail(const char *what, const struct fc_error *err)
{
    fprintf(stderr, "sets: %s: %s\n", what, err->text);
    return 1;
}

static double user_s(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)use.ru_utime.tv_sec + (double)use.ru_utime.tv_usec / 1e6;
}

/* Of this program alone; ru_maxrss would include that of its parent. */
static long peak_kb(void)
{
    char line[128];
    long kb = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "VmHWM: %ld", &kb);
    if (status)
        fclose(status);
    return kb;
}

int main(int argc, char **argv)
{
    const char *names[MOST_NAMES];
    struct fc_error err = {0};
    struct fc_options options;
    struct fc_run *run = NULL;
    fc_options_init(&options);
    options.features = names;
    for (char *at = argc > 2 ? strtok(argv[1], ",") : NULL; at && options.n_features < MOST_NAMES;
         at = strtok(NULL, ","))
        names[options.n_features++] = at;
    double before = user_s();
    if (fc_open(&run, (const char *const *)argv + 2, argc > 2 ? (size_t)argc - 2 : 0, &options, &err))
        return fail("open", &err);
    size_t table;
    long long rows = 0;
    struct ArrowArray batch;
    for (;;) {
        if (fc_run_next(run, &table, &batch, &err))
            return fail("next", &err);
        if (!batch.release)
            break;
        rows += batch.length;
        batch.release(&batch);
    }
    struct fc_progress p;
    fc_run_progress(run, &p);
    printf("{\"frames\": %llu, \"rows\": %lld, \"user_s\": %.3f, \"peak_kb\": %ld}\n",
           (unsigned long long)p.frames, rows, user_s() - before, peak_kb());
    fc_run_free(run);
    return 0;
}
