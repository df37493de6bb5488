/* The cost of a native filter: nanoseconds for each frame, for making the values that it names and for
 * running it, over all frames of a capture in memory.
 * Usage: filter CAPTURE [FILTER...]
 * Build: gcc -O2 -D_GNU_SOURCE -Iinclude -Isrc bench/micro/filter.c -Lbuild -l:libflowcontainer.a -lpcre2-8
 * ... -o filter */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "look/emit.h"
#include "source/source.h"

enum { ROUNDS = 2000, MOST_FRAMES = 1000 };

struct bench {
    const struct filter *filter;
    struct filter_state state;
    struct row row;
    struct arena arena;
    double emit_ns, run_ns;
    uint64_t frames, passed;
    struct emit_plan headers;
};

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Repeats each part, so that reading the clock costs nothing. */
static void measure(struct bench *b, const struct examined *x, const struct frame_times *times,
                    const struct source *source)
{
    bool protocols = filter_wants_protocols(b->filter), passed = false;
    double start = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        row_reset(&b->row);
        if (b->headers.needs)
            emit_frame(&b->row, x, times, source, &b->headers);
        if (protocols)
            emit_protocols(&b->row, x, filter_protocol_slots(b->filter));
    }
    double middle = now_ns();
    for (int i = 0; i < ROUNDS; i++)
        passed = filter_run(b->filter, &b->state, &b->row);
    b->emit_ns += (middle - start) / ROUNDS;
    b->run_ns += (now_ns() - middle) / ROUNDS;
    b->passed += passed;
    b->frames++;
}

static int bench_filter(const char *path, const char *text)
{
    struct filter *filter;
    struct source *source;
    struct fc_error err;
    struct frame frame;
    struct frame_times times = {0};
    static struct examined x;
    struct examiner *examiner = calloc(1, sizeof *examiner);
    if (!examiner || filter_compile(&filter, text, &err) || source_open(&source, path, &err)) {
        fprintf(stderr, "filter: %s\n", err.text);
        return 1;
    }
    struct bench b = {.filter = filter};
    emit_plan_make(&b.headers, filter_slots(filter));
    b.row = (struct row){.slot_of = filter_slots(filter), .arena = &b.arena};
    while (b.frames < MOST_FRAMES && !source_next(source, &frame, &err) && frame.data) {
        examine(examiner, &frame, &x);
        frame_times_note(&times, &frame);
        measure(&b, &x, &times, source);
    }
    printf("%8.1f ns values %8.1f ns run  %llu of %llu frames  %s\n", b.emit_ns / (double)b.frames,
           b.run_ns / (double)b.frames, (unsigned long long)b.passed, (unsigned long long)b.frames, text);
    source_close(source);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"tcp",
                                        "tcp.port == 443",
                                        "ip.src == 10.0.0.0/8",
                                        "tcp.port == 443 or udp.port == 53",
                                        "ip.ttl > 60 and tcp.flags.syn == 1 and frame.len < 100",
                                        "tcp.port in {80, 443, 8000..8100}",
                                        "eth.src[0:3] == 00:11:22",
                                        "frame.len - ip.len > 14",
                                        "tcp.payload contains \"GET\"",
                                        "tcp.payload matches \"^get |^post \"",
                                        "frame.number"};
    int status = argc < 2;
    for (size_t i = 0; argc == 2 && i < sizeof usual / sizeof *usual; i++)
        status |= bench_filter(argv[1], usual[i]);
    for (int i = 2; i < argc; i++)
        status |= bench_filter(argv[1], argv[i]);
    return status;
}
