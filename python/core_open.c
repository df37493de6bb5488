/* _core.open: converts Python's arguments into fc_options and opens a Run.
 *
 * Invariant: everything that the library borrows lives until fc_open returns, because this file holds the
 * caller's sequences as tuples.
 */
#include <string.h>

#include "core.h"

/* ---- words for the library's enums ---- */

struct word {
    const char *text;
    int value;
};

static const struct word levels[] = {
    {"flows", FC_LEVEL_FLOWS}, {"packets", FC_LEVEL_PACKETS}, {"frames", FC_LEVEL_FRAMES}, {NULL, 0}};
static const struct word styles[] = {{"clean", FC_STYLE_CLEAN}, {"classic", FC_STYLE_CLASSIC}, {NULL, 0}};
static const struct word policies[] = {
    {"stream", FC_POLICY_STREAM}, {"timeout", FC_POLICY_TIMEOUT}, {NULL, 0}};
static const struct word closes[] = {{"never", FC_CLOSE_NEVER}, {"fin", FC_CLOSE_FIN}, {NULL, 0}};
static const struct word engines[] = {
    {"auto", FC_ENGINE_AUTO}, {"native", FC_ENGINE_NATIVE}, {"wireshark", FC_ENGINE_WIRESHARK}, {NULL, 0}};
static const struct word passes[] = {
    {"auto", FC_PASSES_AUTO}, {"1", FC_PASSES_ONE}, {"2", FC_PASSES_TWO}, {"2R", FC_PASSES_READ}, {NULL, 0}};
static const struct word values[] = {{"", FC_VALUES_DEFAULT},  {"packets", FC_VALUES_PACKETS},
                                     {"list", FC_VALUES_LIST}, {"first", FC_VALUES_FIRST},
                                     {"set", FC_VALUES_SET},   {NULL, 0}};
static const struct word limits[] = {{"sequences", FC_LIMIT_SEQUENCES}, {"all", FC_LIMIT_ALL}, {NULL, 0}};
static const struct word tunnels[] = {{"inner", FC_TUNNEL_INNER}, {"outer", FC_TUNNEL_OUTER}, {NULL, 0}};

/* The value of a word, or -1 with a ValueError that lists the words if `text` is none of them. */
static int word_find(const struct word *words, const char *option, const char *text)
{
    char list[128] = "";
    for (const struct word *w = words; w->text; w++) {
        if (!strcmp(w->text, text))
            return w->value;
        PyOS_snprintf(list + strlen(list), sizeof list - strlen(list), "%s\"%s\"", w == words ? "" : ", ",
                      w->text);
    }
    PyErr_Format(PyExc_ValueError, "%s must be one of %s, not \"%s\"", option, list, text);
    return -1;
}

/* ---- sequences of text ---- */

struct texts {
    PyObject *tuple;
    const char **items;
    size_t n;
};

static bool texts_fill(struct texts *texts, PyObject *sequence)
{
    texts->tuple = PySequence_Tuple(sequence);
    if (!texts->tuple)
        return false;
    texts->n = (size_t)PyTuple_Size(texts->tuple);
    texts->items = PyMem_Calloc(texts->n + 1, sizeof texts->items[0]);
    if (!texts->items)
        return PyErr_NoMemory() != NULL;
    for (size_t i = 0; i < texts->n; i++) {
        texts->items[i] = core_text(PyTuple_GetItem(texts->tuple, (Py_ssize_t)i));
        if (!texts->items[i])
            return false;
    }
    return true;
}

static void texts_free(struct texts *texts)
{
    PyMem_Free((void *)texts->items);
    Py_XDECREF(texts->tuple);
}

/* ---- columns ---- */

/* A tuple of (source, name or None, values); its texts are borrowed by `items`. */
struct columns {
    PyObject *tuple;
    struct fc_column *items;
    size_t n;
};

static bool column_fill(struct fc_column *column, PyObject *item)
{
    const char *source, *name, *standing;
    if (!PyArg_ParseTuple(item, "szs;a column is (source, name, values)", &source, &name, &standing))
        return false;
    int value = word_find(values, "values", standing);
    *column = (struct fc_column){source, name, (enum fc_values)(value < 0 ? 0 : value)};
    return value >= 0;
}

static bool columns_fill(struct columns *columns, PyObject *sequence)
{
    columns->tuple = PySequence_Tuple(sequence);
    if (!columns->tuple)
        return false;
    columns->n = (size_t)PyTuple_Size(columns->tuple);
    columns->items = PyMem_Calloc(columns->n + 1, sizeof columns->items[0]);
    if (!columns->items)
        return PyErr_NoMemory() != NULL;
    for (size_t i = 0; i < columns->n; i++)
        if (!column_fill(&columns->items[i], PyTuple_GetItem(columns->tuple, (Py_ssize_t)i)))
            return false;
    return true;
}

/* ---- bytes of packets ---- */

/* A tuple of (name, packets, start, length, mask); its texts are borrowed by `items`. */
struct matrices {
    PyObject *tuple;
    struct fc_bytes *items;
    size_t n;
};

static bool matrix_fill(struct fc_bytes *bytes, PyObject *item)
{
    struct fc_error err = {0};
    const char *start, *mask;
    *bytes = (struct fc_bytes){0};
    if (!PyArg_ParseTuple(item, "sIsIs;bytes are (name, packets, start, length, mask)", &bytes->name,
                          &bytes->packets, &start, &bytes->length, &mask))
        return false;
    if (fc_start_parse(&bytes->start, start, &err) || fc_mask_parse(&bytes->mask, mask, &err))
        return core_raise(&err) != NULL;
    return true;
}

static bool matrices_fill(struct matrices *matrices, PyObject *sequence)
{
    matrices->tuple = PySequence_Tuple(sequence);
    if (!matrices->tuple)
        return false;
    matrices->n = (size_t)PyTuple_Size(matrices->tuple);
    matrices->items = PyMem_Calloc(matrices->n + 1, sizeof matrices->items[0]);
    if (!matrices->items)
        return PyErr_NoMemory() != NULL;
    for (size_t i = 0; i < matrices->n; i++)
        if (!matrix_fill(&matrices->items[i], PyTuple_GetItem(matrices->tuple, (Py_ssize_t)i)))
            return false;
    return true;
}

/* ---- open ---- */

struct arguments {
    PyObject *paths, *fields, *preferences, *decode_as, *dissectors, *columns, *features, *bytes, *sets,
        *live;
    const char *filter, *level, *style, *drop, *protocols, *policy, *tunnel, *engine, *keylog, *passes,
        *wireshark;
    const char *values, *limit, *close;
    long long idle_ns, active_ns, flush_ns;
    unsigned long long max_frames, max_memory, max_flows;
    unsigned int jobs, batch_rows, packets;
    int exact, payload_only, join;
};

static bool arguments_parse(struct arguments *a, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {
        "paths",     "fields",      "filter",    "level",        "style",      "drop",       "protocols",
        "policy",    "idle_ns",     "active_ns", "tunnel",       "max_frames", "jobs",       "batch_rows",
        "engine",    "preferences", "decode_as", "keylog",       "passes",     "max_memory", "exact",
        "columns",   "values",      "packets",   "payload_only", "limit",      "features",   "bytes",
        "sets",      "flush_ns",    "live",      "join",         "close",      "max_flows",  "dissectors",
        "wireshark", NULL};
    *a = (struct arguments){.level = "flows",
                            .style = "clean",
                            .drop = "default",
                            .protocols = "tcp,udp",
                            .policy = "stream",
                            .tunnel = "inner",
                            .engine = "auto",
                            .passes = "auto",
                            .values = "",
                            .limit = "sequences",
                            .close = "never",
                            .idle_ns = 120000000000LL,
                            .active_ns = 1800000000000LL,
                            .jobs = 1,
                            .batch_rows = 65536};
    return PyArg_ParseTupleAndKeywords(
        args, kwargs, "OO|zsssssLLsKIIsOOysKpOsIpsOOO!LOpsKOz:open", names, &a->paths, &a->fields, &a->filter,
        &a->level, &a->style, &a->drop, &a->protocols, &a->policy, &a->idle_ns, &a->active_ns, &a->tunnel,
        &a->max_frames, &a->jobs, &a->batch_rows, &a->engine, &a->preferences, &a->decode_as, &a->keylog,
        &a->passes, &a->max_memory, &a->exact, &a->columns, &a->values, &a->packets, &a->payload_only,
        &a->limit, &a->features, &a->bytes, &PyTuple_Type, &a->sets, &a->flush_ns, &a->live, &a->join,
        &a->close, &a->max_flows, &a->dissectors, &a->wireshark);
}

/* Runs Python's handlers of signals while fc_open waits; an exception of theirs stays set. */
static bool interrupted(void *context)
{
    (void)context;
    PyGILState_STATE state = PyGILState_Ensure();
    bool raised = PyErr_Occurred() || PyErr_CheckSignals();
    PyGILState_Release(state);
    return raised;
}

static bool options_fill(struct fc_options *options, const struct arguments *a)
{
    struct fc_error err = {0};
    fc_options_init(options);
    int level = word_find(levels, "level", a->level);
    int style = level < 0 ? -1 : word_find(styles, "style", a->style);
    int policy = style < 0 ? -1 : word_find(policies, "policy", a->policy);
    int tunnel = policy < 0 ? -1 : word_find(tunnels, "tunnel", a->tunnel);
    int engine = tunnel < 0 ? -1 : word_find(engines, "engine", a->engine);
    int pass = engine < 0 ? -1 : word_find(passes, "passes", a->passes);
    int standing = pass < 0 ? -1 : word_find(values, "values", a->values);
    int limit = standing < 0 ? -1 : word_find(limits, "limit", a->limit);
    int close = limit < 0 ? -1 : word_find(closes, "close", a->close);
    if (close < 0)
        return false;
    options->values = (enum fc_values)standing;
    options->limit = (enum fc_limit)limit;
    options->packets = a->packets;
    options->taking = a->payload_only ? FC_TAKING_PAYLOAD : FC_TAKING_ALL;
    options->level = (enum fc_level)level;
    options->style = (enum fc_style)style;
    options->policy = (enum fc_policy)policy;
    options->tunnel = (enum fc_tunnel)tunnel;
    options->engine = (enum fc_engine)engine;
    options->passes = (enum fc_passes)pass;
    options->max_memory = a->max_memory;
    options->exact = a->exact;
    options->keylog = a->keylog && *a->keylog ? a->keylog : NULL;
    options->wireshark = a->wireshark;
    options->filter = a->filter;
    options->idle_ns = a->idle_ns;
    options->active_ns = a->active_ns;
    options->flush_ns = a->flush_ns;
    options->join = a->join != 0;
    options->close = (uint64_t)close;
    options->max_flows = a->max_flows;
    options->interrupted = interrupted;
    options->max_frames = a->max_frames;
    options->jobs = a->jobs;
    options->batch_rows = a->batch_rows;
    if (fc_drop_parse(&options->drop, a->drop, &err) ||
        fc_protocols_parse(&options->protocols, a->protocols, &err))
        return core_raise(&err) != NULL;
    return true;
}

/* ---- live capture ---- */

struct live {
    struct fc_capture capture;
    struct texts interfaces, autostop;
};

/* From the tuple (interfaces, capture filter or None, snap length or None, autostops, promiscuous), or from
 * None. */
static bool live_fill(struct live *live, PyObject *tuple)
{
    PyObject *interfaces, *autostop;
    struct fc_capture *c = &live->capture;
    int promiscuous;
    fc_capture_init(c);
    if (!tuple || tuple == Py_None)
        return true;
    if (!PyArg_ParseTuple(tuple, "OzzOp;live is (interfaces, filter, snap length, autostops, promiscuous)",
                          &interfaces, &c->filter, &c->snap_len, &autostop, &promiscuous) ||
        !texts_fill(&live->interfaces, interfaces) || !texts_fill(&live->autostop, autostop))
        return false;
    c->interfaces = live->interfaces.items;
    c->n_interfaces = live->interfaces.n;
    c->autostop = live->autostop.items;
    c->n_autostop = live->autostop.n;
    c->no_promiscuous = !promiscuous;
    return true;
}

/* Takes the inputs, also when it fails. */
static PyObject *open_run(struct core_inputs *inputs, const struct fc_capture *capture,
                          const struct fc_options *options)
{
    struct fc_error err = {0};
    struct fc_run *run = NULL;
    enum fc_status status;
    Py_BEGIN_ALLOW_THREADS status = capture->n_interfaces
                                        ? fc_open_live(&run, capture, options, &err)
                                        : fc_open_inputs(&run, inputs->items, inputs->n, options, &err);
    Py_END_ALLOW_THREADS if (!status) return run_object(run, inputs);
    core_inputs_free(inputs);
    return PyErr_Occurred() ? NULL : core_raise(&err);
}

PyObject *core_open(PyObject *module, PyObject *args, PyObject *kwargs)
{
    (void)module;
    struct arguments a;
    struct fc_options options;
    struct fc_set_options sets;
    struct core_inputs *inputs = NULL;
    struct texts fields = {0}, preferences = {0}, decode_as = {0}, features = {0};
    struct texts dissectors = {0};
    struct columns columns = {0};
    struct matrices matrices = {0};
    struct live live = {0};
    PyObject *run = NULL;
    if (!arguments_parse(&a, args, kwargs))
        return NULL;
    bool whole = options_fill(&options, &a) && (inputs = core_inputs_new(a.paths)) &&
                 texts_fill(&fields, a.fields) &&
                 (!a.preferences || texts_fill(&preferences, a.preferences)) &&
                 (!a.decode_as || texts_fill(&decode_as, a.decode_as)) &&
                 (!a.dissectors || texts_fill(&dissectors, a.dissectors)) &&
                 (!a.columns || a.columns == Py_None || columns_fill(&columns, a.columns)) &&
                 (!a.features || texts_fill(&features, a.features)) &&
                 (!a.bytes || matrices_fill(&matrices, a.bytes)) &&
                 (!a.sets || core_sets_fill(&sets, a.sets)) && live_fill(&live, a.live);
    if (whole) {
        options.fields = fields.items;
        options.n_fields = fields.n;
        options.preferences = preferences.items;
        options.n_preferences = preferences.n;
        options.decode_as = decode_as.items;
        options.n_decode_as = decode_as.n;
        options.dissectors = dissectors.items;
        options.n_dissectors = dissectors.n;
        options.columns = columns.items;
        options.n_columns = columns.n;
        options.features = features.items;
        options.n_features = features.n;
        options.bytes = matrices.items;
        options.n_bytes = matrices.n;
        options.sets = a.sets ? &sets : NULL;
        run = open_run(inputs, &live.capture, &options);
    } else {
        core_inputs_free(inputs);
    }
    PyMem_Free(matrices.items);
    Py_XDECREF(matrices.tuple);
    PyMem_Free(columns.items);
    Py_XDECREF(columns.tuple);
    texts_free(&live.interfaces);
    texts_free(&live.autostop);
    texts_free(&features);
    texts_free(&dissectors);
    texts_free(&decode_as);
    texts_free(&preferences);
    texts_free(&fields);
    return run;
}

PyObject *core_interfaces(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    struct fc_error err = {0};
    struct fc_interfaces *interfaces = NULL;
    enum fc_status status;
    Py_BEGIN_ALLOW_THREADS status = fc_interfaces_load(&interfaces, &err);
    Py_END_ALLOW_THREADS if (status) return core_raise(&err);
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < fc_interfaces_count(interfaces); i++) {
        struct fc_interface found = fc_interfaces_at(interfaces, i);
        PyObject *item = Py_BuildValue("(ss)", found.name, found.description);
        if (!item || PyList_Append(list, item))
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    fc_interfaces_free(interfaces);
    return list;
}
