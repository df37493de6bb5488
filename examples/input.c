/* Reads a capture through functions of this program, as one would read an object of a store:
 *
 *     cc input.c $(pkg-config --cflags --libs flowcontainer) -o input && ./input day.pcap
 *
 * The store here is a file; open, read and close of the three functions below stand for its client. */
#include <flowcontainer.h>
#include <stdio.h>
#include <string.h>

static enum fc_status store_open(void *context, void **reading, struct fc_error *err)
{
    *reading = fopen(context, "rb");
    if (*reading)
        return FC_OK;
    snprintf(err->text, sizeof err->text, "the store has no %s", (const char *)context);
    return FC_NOT_FOUND;
}

static enum fc_status store_read(void *reading, void *bytes, size_t cap, size_t *got, struct fc_error *err)
{
    *got = fread(bytes, 1, cap, reading);
    if (!ferror((FILE *)reading))
        return FC_OK;
    snprintf(err->text, sizeof err->text, "the store does not answer");
    return FC_IO;
}

static void store_close(void *reading) { fclose(reading); }

int main(int argc, char **argv)
{
    struct fc_error err = {0};
    struct fc_options options;
    struct fc_run *run = NULL;
    struct ArrowArray batch;
    size_t table;
    uint64_t flows = 0;
    if (argc != 2)
        return fprintf(stderr, "usage: input CAPTURE\n"), 2;
    struct fc_input input = {.kind = FC_INPUT_READER,
                             .name = argv[1],
                             .context = argv[1],
                             .open = store_open,
                             .read = store_read,
                             .close = store_close};
    fc_options_init(&options);
    enum fc_status status = fc_open_inputs(&run, &input, 1, &options, &err);
    while (!status && !(status = fc_run_next(run, &table, &batch, &err)) && batch.release) {
        flows += (uint64_t)batch.length;
        batch.release(&batch);
    }
    if (status)
        fprintf(stderr, "%s\n", err.text);
    for (size_t i = 0; run && i < fc_run_n_problems(run); i++) {
        const struct fc_problem *problem = fc_run_problem(run, i);
        fprintf(stderr, "%s: %s\n", problem->capture, problem->error.text);
        status = problem->error.status;
    }
    printf("%llu flows\n", (unsigned long long)flows);
    fc_run_free(run);
    return status != FC_OK;
}
