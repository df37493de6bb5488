/* Prints one line per flow:  ./flows capture.pcap ...
 * Build:  cc flows.c $(pkg-config --cflags --libs flowcontainer) -o flows */
#include <flowcontainer.h>
#include <stdio.h>

/* The columns that this program asks for; docs/columns.md lists all. */
static const struct fc_column asked[] = {
    {.source = "protocol"}, {.source = "stream"}, {.source = "src"},         {.source = "sport"},
    {.source = "dst"},      {.source = "dport"},  {.source = "fwd_packets"}, {.source = "bwd_packets"}};
enum { PROTOCOL, STREAM, SRC, SPORT, DST, DPORT, FORWARD, BACK, N_ASKED };

static const char *text(const struct ArrowArray *column, int64_t i, int *length)
{
    const int32_t *starts = column->buffers[1];
    *length = starts[i + 1] - starts[i];
    return (const char *)column->buffers[2] + starts[i];
}

static void print_flow(struct ArrowArray *const *columns, int64_t i)
{
    int n_protocol, n_src, n_dst;
    const int32_t *word = columns[PROTOCOL]->buffers[1];
    const uint32_t *stream = columns[STREAM]->buffers[1];
    const uint16_t *sport = columns[SPORT]->buffers[1], *dport = columns[DPORT]->buffers[1];
    const uint64_t *forward = columns[FORWARD]->buffers[1], *back = columns[BACK]->buffers[1];
    const char *protocol = text(columns[PROTOCOL]->dictionary, word[i], &n_protocol);
    const char *src = text(columns[SRC], i, &n_src), *dst = text(columns[DST], i, &n_dst);
    printf("%.*s %u  %.*s:%u > %.*s:%u  %llu packets\n", n_protocol, protocol, stream[i], n_src, src,
           sport[i], n_dst, dst, dport[i], (unsigned long long)(forward[i] + back[i]));
}

int main(int argc, char **argv)
{
    struct fc_run *run = NULL;
    struct fc_error error = {0};
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    struct fc_options options;
    fc_options_init(&options);
    options.columns = asked;
    options.n_columns = N_ASKED;
    if (fc_open(&run, (const char *const *)argv + 1, (size_t)argc - 1, &options, &error) ||
        fc_run_export(run, &stream, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    int failed;
    while (!(failed = stream.get_next(&stream, &batch)) && batch.release) {
        for (int64_t i = 0; i < batch.length; i++)
            print_flow(batch.children, i);
        batch.release(&batch);
    }
    if (failed)
        fprintf(stderr, "%s\n", stream.get_last_error(&stream));
    for (size_t i = 0; i < fc_run_n_problems(run); i++)
        fprintf(stderr, "%s: %s\n", fc_run_problem(run, i)->capture, fc_run_problem(run, i)->error.text);
    stream.release(&stream);
    fc_run_free(run);
    return failed != 0;
}
