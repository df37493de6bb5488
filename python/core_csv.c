/* write_csv(schema, iterator of batches, rules, path): the CSV of the command, for rows in Python's hands.
 *
 * Invariant: a rule stands for each column: None for a base column, the text_rule of a field, or -1 for a
 * column that is left out. The file gets its name only after the last row is in it.
 */
#include <errno.h>

#include "core.h"
#include "format.h"
#include "target.h"

struct csv_file {
    struct cell_type all, chosen; /* chosen borrows its children from `all` */
    struct fc_column_info *infos;
    const struct fc_column_info **columns;
    const struct ArrowArray **children;
    size_t *indices;
    struct view view;
    struct out out;
    struct target target;
};

/* Whether the column holds values that the rule prints: a rule may come from a file's metadata. */
static bool csv_fits(const struct ArrowSchema *column, uint32_t rule)
{
    const char *format = fc_rule_format(rule);
    const struct ArrowSchema *values = column;
    if (!strcmp(values->format, "+l"))
        values = values->children[0];
    if (values != column && !strcmp(values->format, "+s") && values->n_children == 2)
        values = values->children[1];
    return format && !values->dictionary && !strcmp(values->format, format);
}

static bool csv_choose(struct csv_file *file, const struct ArrowSchema *schema, PyObject *rules)
{
    size_t n = file->all.n_children, kept = 0;
    file->chosen.kind = CELL_STRUCT;
    file->chosen.children = calloc(n + 1, sizeof *file->chosen.children);
    file->infos = calloc(n + 1, sizeof *file->infos);
    file->columns = calloc(n + 1, sizeof *file->columns);
    file->children = calloc(n + 1, sizeof *file->children);
    file->indices = calloc(n + 1, sizeof *file->indices);
    if (!file->chosen.children || !file->infos || !file->columns || !file->children || !file->indices)
        return PyErr_NoMemory() != NULL;
    if ((size_t)PyTuple_Size(rules) != n)
        return PyErr_Format(PyExc_ValueError, "one rule for each column is needed") != NULL;
    for (size_t c = 0; c < n; c++) {
        PyObject *item = PyTuple_GetItem(rules, (Py_ssize_t)c);
        long long rule = item == Py_None ? 0 : PyLong_AsLongLong(item);
        if (PyErr_Occurred())
            return false;
        if (rule < 0)
            continue;
        if (item != Py_None && (rule > UINT32_MAX || !csv_fits(schema->children[c], (uint32_t)rule)))
            return PyErr_Format(PyExc_ValueError, "column %s does not hold the values that its rule prints",
                                schema->children[c]->name) != NULL;
        file->infos[kept].is_field = item != Py_None;
        file->infos[kept].text_rule = (uint32_t)rule;
        file->columns[kept] = &file->infos[kept];
        file->chosen.children[kept] = file->all.children[c];
        file->indices[kept++] = c;
    }
    file->chosen.n_children = kept;
    return true;
}

static bool csv_batch(struct csv_file *file, PyObject *object)
{
    struct share *share;
    if (!Py_IS_TYPE(object, array_type))
        return PyErr_Format(PyExc_TypeError, "write_csv() takes batches") != NULL;
    const struct ArrowArray *batch = array_object_array(object, &share);
    if ((size_t)batch->n_children != file->all.n_children)
        return PyErr_Format(PyExc_ValueError, "a batch has other columns than the schema") != NULL;
    struct ArrowArray chosen = *batch;
    for (size_t c = 0; c < file->chosen.n_children; c++)
        file->children[c] = batch->children[file->indices[c]];
    chosen.children = (struct ArrowArray **)file->children;
    Py_BEGIN_ALLOW_THREADS;
    FORMAT_CSV.rows(&file->view, &chosen);
    Py_END_ALLOW_THREADS;
    return true;
}

static bool csv_batches(struct csv_file *file, PyObject *iterator)
{
    PyObject *batch;
    while (!file->out.error && (batch = PyIter_Next(iterator))) {
        bool done = csv_batch(file, batch);
        Py_DECREF(batch);
        if (!done)
            return false;
    }
    return !PyErr_Occurred();
}

static bool csv_write(struct csv_file *file, PyObject *iterator, const char *path)
{
    int error = target_open(&file->target, path);
    if (!error && !out_open(&file->out, file->target.fd, false))
        return PyErr_NoMemory() != NULL;
    file->view = (struct view){.out = &file->out, .type = &file->chosen, .columns = file->columns};
    bool done = error || (FORMAT_CSV.begin(&file->view) && csv_batches(file, iterator));
    if (!error)
        error = out_close(&file->out);
    if (done && !error && !file->view.scratch.failed)
        error = target_commit(&file->target);
    bool failed = file->view.scratch.failed;
    text_free(&file->view.scratch);
    if (done && failed)
        return PyErr_NoMemory() != NULL;
    if (!done || !error)
        return done;
    errno = error;
    return PyErr_SetFromErrnoWithFilename(PyExc_OSError, path) != NULL;
}

PyObject *core_write_csv(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *schema, *iterator, *rules;
    const char *path;
    if (!PyArg_ParseTuple(args, "O!OO!y:write_csv", schema_type, &schema, &iterator, &PyTuple_Type, &rules,
                          &path))
        return NULL;
    struct share *share;
    struct csv_file file = {.target = {.fd = -1}};
    const struct ArrowSchema *columns = schema_object_schema(schema, &share);
    bool done = cell_describe(&file.all, columns);
    if (!done)
        PyErr_NoMemory();
    done = done && csv_choose(&file, columns, rules) && csv_write(&file, iterator, path);
    target_drop(&file.target);
    cell_free(&file.all);
    free(file.chosen.children);
    free(file.infos);
    free(file.columns);
    free(file.children);
    free(file.indices);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}
