/* A whole run over a capture in memory: reader, decoders, flows, every field, columns. The first byte
 * chooses level, policy, tunnel and style. Every list and string that comes out is read, so that wrong
 * offsets show. */
#include <flowcontainer.h>
#include <stdlib.h>
#include <string.h>

static void take_counts(const struct fc_run *run)
{
    uint64_t sum = 0;
    for (size_t i = 0, n = fc_run_n_counts(run); i < n; i++)
        if (!fc_run_count(run, i).is_note)
            sum += fc_run_count(run, i).packets;
    struct fc_progress progress;
    fc_run_progress(run, &progress);
    if (sum != progress.frames)
        abort(); /* a frame is in no count */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *names[4096];
    if (size < 1 || size > 1 << 20)
        return 0;
    size_t n_fields = fc_n_fields();
    for (size_t i = 0; i < n_fields; i++)
        names[i] = fc_field(i).name;
    struct fc_options options;
    fc_options_init(&options);
    options.engine = FC_ENGINE_NATIVE; /* of all its fields; other fields would need libwireshark */
    options.fields = names;
    options.n_fields = n_fields;
    options.level = data[0] % 3;
    options.policy = data[0] >> 2 & 1;
    options.tunnel = data[0] >> 3 & 1;
    options.style = data[0] >> 4 & 1;
    options.drop = data[0] & 32 ? 0 : FC_DROP_DEFAULT;
    options.protocols = data[0] & 64 ? 127 : FC_TCP | FC_UDP;
    struct fc_run *run = NULL;
    if (fc_open_memory(&run, "fuzz", data + 1, size - 1, &options, NULL))
        abort(); /* nothing was read yet: the query itself is refused */
    struct ArrowArrayStream stream;
    if (fc_run_export(run, &stream, NULL))
        abort();
    struct ArrowArray batch = {0};
    while (!stream.get_next(&stream, &batch) && batch.release) {
        char text[64];
        for (int64_t c = batch.n_children - (int64_t)n_fields; c < batch.n_children; c++) {
            size_t field = (size_t)(c - (batch.n_children - (int64_t)n_fields));
            const struct ArrowArray *values = batch.children[c];
            while (values->n_children)
                values = values->children[values->n_children - 1];
            for (int64_t i = 0; i < values->length; i++)
                fc_value_text(text, sizeof text, field, values, i, FC_TEXT_TSHARK);
        }
        batch.release(&batch);
    }
    take_counts(run);
    stream.release(&stream);
    fc_run_free(run);
    return 0;
}
