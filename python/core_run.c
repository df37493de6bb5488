/* The type Run: one pass over captures, batch by batch, without the interpreter lock.
 *
 * Invariant: only one thread at a time is inside the library for a run (`busy`, which changes only under the
 * lock). When the stream has ended, counts and problems are copied into Python objects and the run is freed.
 */
#include <errno.h>
#include <string.h>

#include "core.h"

static PyTypeObject *run_type;

struct run_object {
    PyObject_HEAD struct fc_run *run; /* NULL after the end of the stream */
    struct ArrowArrayStream stream;   /* of the batches of all tables */
    struct fc_error error;            /* of its last call */
    size_t n_tables, table;           /* table: of the last batch */
    struct share **schemas;           /* of the tables; NULL before the stream was made */
    struct core_inputs *inputs;       /* of the run */
    bool exported, busy;
    uint64_t captures;
    PyObject *rules;        /* text_rule of each field, in the order of the columns */
    PyObject *column_rules; /* of each column of the first table: None, or the text_rule of its field */
    PyObject *tables;       /* (name, head) of each table */
    PyObject *accounting, *notes, *problems,
        *explain; /* all but the last are None until the stream has ended */
};

#define RUN(object) ((struct run_object *)(object))

static PyObject *rule_at(size_t i, const void *run)
{
    return PyLong_FromUnsignedLong(fc_run_field(run, i).text_rule);
}

static PyObject *column_rule_at(size_t i, const void *run)
{
    const struct fc_column_info *column = fc_run_column(run, i);
    return column->is_field ? PyLong_FromUnsignedLong(column->text_rule) : Py_BuildValue("");
}

static PyObject *table_at(size_t i, const void *run)
{
    return Py_BuildValue("(ss)", fc_run_table_name(run, i), fc_run_table_head(run, i));
}

static PyObject *run_tuple(const struct fc_run *run, size_t n, PyObject *(*make)(size_t, const void *))
{
    PyObject *list = core_list(n, make, run), *tuple = list ? PyList_AsTuple(list) : NULL;
    Py_XDECREF(list);
    return tuple;
}

PyObject *run_object(struct fc_run *run, struct core_inputs *inputs)
{
    struct run_object *self = PyObject_New(struct run_object, run_type);
    if (!self) {
        fc_run_free(run);
        core_inputs_free(inputs);
        return NULL;
    }
    memset((char *)self + sizeof(PyObject), 0, sizeof *self - sizeof(PyObject));
    self->run = run;
    self->inputs = inputs;
    const char *explain = fc_run_explain(run);
    self->explain = PyUnicode_DecodeUTF8(explain, (Py_ssize_t)strlen(explain), "replace");
    self->rules = run_tuple(run, fc_run_n_fields(run), rule_at);
    self->column_rules = run_tuple(run, fc_run_n_columns(run), column_rule_at);
    self->tables = run_tuple(run, fc_run_n_tables(run), table_at);
    self->n_tables = fc_run_n_tables(run);
    if (self->explain && self->rules && self->column_rules && self->tables)
        return (PyObject *)self;
    Py_DECREF(self);
    return NULL;
}

/* Threads of the run may be inside functions of inputs, and need the interpreter lock to end. */
static void run_close(struct run_object *self)
{
    struct fc_run *run = self->run;
    self->run = NULL;
    if (self->stream.release)
        self->stream.release(&self->stream);
    Py_BEGIN_ALLOW_THREADS fc_run_free(run);
    Py_END_ALLOW_THREADS core_inputs_free(self->inputs);
    self->inputs = NULL;
}

static void run_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (RUN(self)->run)
        run_close(RUN(self));
    for (size_t i = 0; RUN(self)->schemas && i < RUN(self)->n_tables; i++)
        share_drop(RUN(self)->schemas[i]);
    free(RUN(self)->schemas);
    Py_XDECREF(RUN(self)->accounting);
    Py_XDECREF(RUN(self)->notes);
    Py_XDECREF(RUN(self)->problems);
    Py_XDECREF(RUN(self)->explain);
    Py_XDECREF(RUN(self)->rules);
    Py_XDECREF(RUN(self)->column_rules);
    Py_XDECREF(RUN(self)->tables);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *run_fail(struct run_object *self, PyObject *type, const char *why)
{
    PyErr_SetString(type, why && *why ? why : "the stream failed without a reason");
    run_close(self);
    return NULL;
}

/* ---- the batches of all tables as one stream ---- */

static int tables_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct run_object *self = stream->private_data;
    self->error = (struct fc_error){0};
    switch (fc_run_next(self->run, &self->table, out, &self->error)) {
    case FC_OK:
        return 0;
    case FC_MEMORY:
        return ENOMEM;
    case FC_CANCELLED:
        return ECANCELED;
    default:
        return EIO;
    }
}

static const char *tables_error(struct ArrowArrayStream *stream)
{
    return ((struct run_object *)stream->private_data)->error.text;
}

static void tables_release(struct ArrowArrayStream *stream) { stream->release = NULL; }

/* Takes the schemas, once. */
static bool run_start(struct run_object *self)
{
    struct fc_error err = {0};
    if (self->exported)
        return true;
    self->schemas = calloc(self->n_tables, sizeof *self->schemas);
    for (size_t i = 0; i < self->n_tables; i++) {
        if (!self->schemas || !(self->schemas[i] = share_new()))
            return PyErr_NoMemory() != NULL;
        if (fc_run_table_schema(self->run, i, &self->schemas[i]->schema, &err)) {
            run_close(self);
            return core_raise(&err) != NULL;
        }
    }
    self->stream = (struct ArrowArrayStream){.get_next = tables_next,
                                             .get_last_error = tables_error,
                                             .release = tables_release,
                                             .private_data = self};
    self->exported = true;
    return true;
}

/* ---- one batch ---- */

/* Closes the stream after an error, because nothing more can be read from it. */
static PyObject *run_raise(struct run_object *self, int status)
{
    PyObject *type = status == ENOMEM      ? PyExc_MemoryError
                     : status == ECANCELED ? cancelled_error
                                           : PyExc_OSError;
    if (status != PULL_RAISED)
        return run_fail(self, type, self->stream.get_last_error(&self->stream));
    run_close(self);
    return NULL;
}

/* ---- results that outlive the run ---- */

/* The counts of frames, or the notes, as a dict. */
static PyObject *counts_object(const struct fc_run *run, bool notes)
{
    PyObject *dict = PyDict_New();
    size_t n = fc_run_n_counts(run);
    for (size_t i = 0; dict && i < n; i++) {
        struct fc_count count = fc_run_count(run, i);
        if (count.is_note != notes)
            continue;
        PyObject *packets = PyLong_FromUnsignedLongLong(count.packets);
        if (!packets || PyDict_SetItemString(dict, count.name, packets))
            Py_CLEAR(dict);
        Py_XDECREF(packets);
    }
    return dict;
}

static PyObject *problems_object(const struct fc_run *run)
{
    PyObject *list = PyList_New(0);
    size_t n = fc_run_n_problems(run);
    for (size_t i = 0; list && i < n; i++) {
        const struct fc_problem *p = fc_run_problem(run, i);
        PyObject *capture = PyUnicode_DecodeFSDefault(p->capture);
        PyObject *text = PyUnicode_DecodeUTF8(p->error.text, (Py_ssize_t)strlen(p->error.text), "replace");
        PyObject *problem =
            capture && text ? Py_BuildValue("(OOLKs)", capture, text, (long long)p->error.offset,
                                            (unsigned long long)p->frames, fc_status_name(p->error.status))
                            : NULL;
        if (!problem || PyList_Append(list, problem))
            Py_CLEAR(list);
        Py_XDECREF(capture);
        Py_XDECREF(text);
        Py_XDECREF(problem);
    }
    return list;
}

static bool run_finish(struct run_object *self)
{
    struct fc_progress progress = {0};
    fc_run_progress(self->run, &progress);
    self->captures = progress.captures_total;
    self->accounting = counts_object(self->run, false);
    self->notes = self->accounting ? counts_object(self->run, true) : NULL;
    self->problems = self->notes ? problems_object(self->run) : NULL;
    if (self->problems)
        run_close(self);
    return self->problems != NULL;
}

/* Moves the pulled array into an object; None at the end of the stream. */
static PyObject *run_answer(struct run_object *self, struct share *batch, int status)
{
    if (status)
        return run_raise(self, status);
    if (batch->array.release)
        return array_object(self->schemas[self->table], batch, &self->schemas[self->table]->schema,
                            &batch->array);
    if (!run_finish(self))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *run_next_batch(PyObject *object, PyObject *unused)
{
    (void)unused;
    struct run_object *self = RUN(object);
    if (self->problems)
        Py_RETURN_NONE;
    if (!self->run)
        return PyErr_Format(PyExc_RuntimeError, "the run was cancelled or has failed");
    if (self->busy)
        return PyErr_Format(PyExc_RuntimeError, "another thread is reading this run");
    if (!run_start(self))
        return NULL;
    struct share *batch = share_new();
    if (!batch)
        return PyErr_NoMemory();
    self->busy = true;
    int status = pull_batch(self->run, &self->stream, &batch->array, self->inputs->calls_python);
    self->busy = false;
    PyObject *answer = run_answer(self, batch, status);
    share_drop(batch);
    return answer;
}

/* ---- the rest of the type ---- */

static PyObject *or_none(PyObject *object)
{
    object = object ? object : Py_None;
    Py_INCREF(object);
    return object;
}

static PyObject *run_schema(PyObject *self, void *closure)
{
    (void)closure;
    if (!RUN(self)->exported && !RUN(self)->run)
        return PyErr_Format(PyExc_RuntimeError, "the run was cancelled or has failed");
    return run_start(RUN(self)) ? schema_object(RUN(self)->schemas[0]) : NULL;
}

static PyObject *run_table_schema(PyObject *self, PyObject *args)
{
    unsigned int table;
    if (!PyArg_ParseTuple(args, "I:table_schema", &table))
        return NULL;
    if (!RUN(self)->exported && !RUN(self)->run)
        return PyErr_Format(PyExc_RuntimeError, "the run was cancelled or has failed");
    if (table >= RUN(self)->n_tables)
        return PyErr_Format(PyExc_IndexError, "no table %u", table);
    return run_start(RUN(self)) ? schema_object(RUN(self)->schemas[table]) : NULL;
}

static PyObject *run_tables(PyObject *self, void *closure)
{
    (void)closure;
    return or_none(RUN(self)->tables);
}

static PyObject *run_table(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromSize_t(RUN(self)->table);
}

static PyObject *run_accounting(PyObject *self, void *closure)
{
    (void)closure;
    return or_none(RUN(self)->accounting);
}

static PyObject *run_notes(PyObject *self, void *closure)
{
    (void)closure;
    return or_none(RUN(self)->notes);
}

static PyObject *run_problems(PyObject *self, void *closure)
{
    (void)closure;
    return or_none(RUN(self)->problems);
}

static PyObject *run_captures(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromUnsignedLongLong(RUN(self)->captures);
}

static PyObject *run_explain(PyObject *self, void *closure)
{
    (void)closure;
    return or_none(RUN(self)->explain);
}

static PyObject *run_text_rules(PyObject *self, void *closure)
{
    (void)closure;
    return or_none(RUN(self)->rules);
}

static PyObject *run_column_rules(PyObject *self, void *closure)
{
    (void)closure;
    return or_none(RUN(self)->column_rules);
}

static PyObject *run_cancel(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (RUN(self)->run)
        fc_run_cancel(RUN(self)->run);
    Py_RETURN_NONE;
}

static PyObject *run_end(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (RUN(self)->run)
        fc_run_finish(RUN(self)->run);
    Py_RETURN_NONE;
}

/* The run of a reading that is given up: its files, threads and processes end now. */
static PyObject *run_close_now(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (RUN(self)->busy)
        return PyErr_Format(PyExc_RuntimeError, "another thread is reading this run");
    if (RUN(self)->run)
        run_close(RUN(self));
    Py_RETURN_NONE;
}

/* Whether a file is one of the captures; false after the end of the run. */
static PyObject *run_reads(PyObject *self, PyObject *args)
{
    const char *path;
    if (!PyArg_ParseTuple(args, "y:reads", &path))
        return NULL;
    return PyBool_FromLong(RUN(self)->run && fc_run_reads(RUN(self)->run, path));
}

static PyObject *size_at(size_t i, const void *run)
{
    struct fc_capture_size capture = fc_run_capture(run, i);
    PyObject *name = PyUnicode_DecodeFSDefault(capture.name);
    return name ? Py_BuildValue("(NKn)", name, (unsigned long long)capture.bytes, (Py_ssize_t)capture.input)
                : NULL;
}

static PyObject *run_sizes(PyObject *self, PyObject *unused)
{
    (void)unused;
    const struct fc_run *run = RUN(self)->run;
    if (!run)
        return PyErr_Format(PyExc_RuntimeError, "the run has ended");
    return core_list(fc_run_n_captures(run), size_at, run);
}

static PyObject *run_progress(PyObject *self, PyObject *unused)
{
    (void)unused;
    struct fc_progress p = {0};
    if (!RUN(self)->run)
        Py_RETURN_NONE;
    fc_run_progress(RUN(self)->run, &p);
    return Py_BuildValue("{sKsKsKsKsKsK}", "bytes_read", (unsigned long long)p.bytes_read, "bytes_total",
                         (unsigned long long)p.bytes_total, "captures_done",
                         (unsigned long long)p.captures_done, "captures_total",
                         (unsigned long long)p.captures_total, "frames", (unsigned long long)p.frames, "rows",
                         (unsigned long long)p.rows);
}

static PyMethodDef run_methods[] = {
    {"next_batch", run_next_batch, METH_NOARGS,
     "The next batch, or None at the end; `table` is then the index of its table."},
    {"table_schema", run_table_schema, METH_VARARGS, "The columns of a table."},
    {"cancel", run_cancel, METH_NOARGS, "Makes next_batch() raise Cancelled soon; from any thread."},
    {"finish", run_end, METH_NOARGS, "Ends the reading in order soon; from any thread."},
    {"close", run_close_now, METH_NOARGS, "Gives the reading up, unless it has ended."},
    {"reads", run_reads, METH_VARARGS, "Whether a file is one of the captures."},
    {"sizes", run_sizes, METH_NOARGS, "[(name, bytes, index of the input), ...] of the captures."},
    {"progress", run_progress, METH_NOARGS, "How far it is, as a dict; None at the end; from any thread."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef run_getset[] = {
    {"schema", run_schema, NULL, "The columns of the first table.", NULL},
    {"tables", run_tables, NULL, "((name, lines above its rows), ...) of the tables.", NULL},
    {"table", run_table, NULL, "The index of the table that the last batch is of.", NULL},
    {"accounting", run_accounting, NULL, "{reason: frames}; None before the end.", NULL},
    {"notes", run_notes, NULL, "{remark: how often}; None before the end.", NULL},
    {"problems", run_problems, NULL, "[(capture, message, offset, frames, status)]; None before the end.",
     NULL},
    {"captures", run_captures, NULL, "Number of captures; 0 before the end.", NULL},
    {"text_rules", run_text_rules, NULL, "How the fields' values print: for Array.texts().", NULL},
    {"column_rules", run_column_rules, NULL, "None or the field's text rule, of each column.", NULL},
    {"explain", run_explain, NULL, "Which engine answers, and why.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot run_slots[] = {
    {Py_tp_dealloc, run_dealloc},
    {Py_tp_methods, run_methods},
    {Py_tp_getset, run_getset},
    {Py_tp_doc, "One pass over captures."},
    {0, NULL},
};

static PyType_Spec run_spec = {"flowcontainer._core.Run", sizeof(struct run_object), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, run_slots};

bool core_run_ready(PyObject *module)
{
    run_type = core_add_type(module, &run_spec, "Run");
    return run_type != NULL;
}
