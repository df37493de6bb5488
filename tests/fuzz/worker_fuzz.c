/* The library's side of the worker's protocol, with a worker that lies. The first byte chooses: the input is
 * the worker's messages (greeting, fields of a query, list of all fields), or the records of a process and
 * their values. Every text and value that comes out is read. */
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/shark/oracle.c"
#include "../../src/shark/worker.c" /* a worker is made of a socket here, without a program */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 1 << 16, N_FIELDS = 4 };
static volatile uint64_t sum;

static void sum_text(const char *text)
{
    for (; text && *text; text++)
        sum += (uint8_t)*text;
}

static void hear_field(void *to, const struct field *field, const char *type)
{
    (void)to;
    sum_text(field->name);
    sum_text(field->description);
    sum_text(type);
}

static void hear_name(void *to, const char *old, const char *today)
{
    (void)to;
    sum_text(old);
    sum_text(today);
}

static void read_messages(struct worker *w, const uint8_t *data, size_t size)
{
    static const char *const names[N_FIELDS] = {"ip.ttl", "tcp.payload", "smb2.filename", "no.such"};
    struct fc_options options;
    struct fc_error err;
    struct field fields[N_FIELDS];
    int ends[2];
    fc_options_init(&options);
    struct worker_question question = {.names = names, .n = N_FIELDS, .options = &options};
    struct worker_listener listener = {.field = hear_field, .old_name = hear_name};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) ||
        send(ends[0], data, size, MSG_DONTWAIT) != (ssize_t)size || shutdown(ends[0], SHUT_WR))
        abort();
    w->socket = ends[1];
    if (take_hello(w) && !worker_query(w, &question, fields, &err)) {
        for (int i = 0; i < N_FIELDS; i++)
            sum_text(fields[i].description);
        while (!worker_list(w, &listener, &err))
            ;
    }
    sum_text(w->version);
    sum_text(w->lacks);
    memory_free(w->question.bytes);
    arena_free(&w->texts);
    close(ends[0]);
    close(ends[1]);
}

static enum fc_status read_record(struct records *records, const struct query *query, struct row *row)
{
    struct fc_error err;
    bool found;
    uint32_t frame = records->at_hand ? records->child.record.frame : records->child.told + 1;
    if (!frame) /* 2^32 frames */
        return FC_CANCELLED;
    enum fc_status status = records_seek(records, frame, &found, &err);
    if (!status && found)
        status = take_values(query, records->body, records->child.record.n_values, row, &err);
    for (uint32_t i = 0; i < row->n_values; i++) {
        const struct value *v = &row->values[i];
        if (v->slot >= N_FIELDS)
            abort();
        enum field_type type = query->fields[v->slot].type;
        bool bytes = type == FT_BYTES || type == FT_STRING || type == FT_IPv6 || type == FT_ETHER;
        for (uint32_t j = 0; bytes && j < v->len; j++)
            sum += v->bytes[j];
    }
    return status;
}

/* The process ends with the bytes, and none takes its place. */
static void read_records(struct worker *w, const uint8_t *data, size_t size)
{
    struct wire_page page = {0};
    struct progress progress = {0};
    struct field fields[N_FIELDS];
    struct query query = {.fields = fields, .n_fields = N_FIELDS};
    int16_t slots[F_COUNT];
    struct arena arena = {0};
    int ends[2];
    if (size < N_FIELDS || pipe(ends))
        return;
    for (int i = 0; i < N_FIELDS; i++)
        fields[i] = (struct field){.name = "x", .unit = "", .type = data[i] % N_WIRE_TYPES};
    for (int i = 0; i < N_FIELDS; i++)
        if (data[i] % N_WIRE_TYPES == WIRE_TEXT)
            fields[i].type = FT_STRING;
    os_pipe_grow(ends[0], 2 * MOST);
    if (write(ends[1], data + N_FIELDS, size - N_FIELDS) < 0)
        abort();
    close(ends[1]);
    struct records records = {.child = {.worker = w,
                                        .progress = &progress,
                                        .page = &page,
                                        .records = ends[0],
                                        .page_file = -1,
                                        .n_starts = 100,
                                        .running = true,
                                        .process.socket = -1}};
    for (int i = 0; i < F_COUNT; i++)
        slots[i] = -1;
    struct row row = {.slot_of = slots, .arena = &arena};
    while (!records.child.ended && !read_record(&records, &query, &row)) {
        row_reset(&row);
        arena_reset(&arena);
    }
    if (records.child.running)
        close(records.child.records);
    memory_free(records.child.bytes);
    row_free(&row);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > MOST)
        return 0;
    struct worker w = {.socket = -1, .owner = getpid(), .n_idle = MOST_IDLE}; /* no process is kept */
    if (data[0] % 2)
        read_messages(&w, data + 1, size - 1);
    else
        read_records(&w, data + 1, size - 1);
    return 0;
}
