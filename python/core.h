/* Declarations shared by the files of the extension module `_core`.
 *
 * Arrow structs live in shares. Shares are reference-counted without the interpreter lock, because consumers
 * release exported structs on any thread. Python objects point into shares and keep them alive.
 */
#ifndef FC_PYTHON_CORE_H
#define FC_PYTHON_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <flowcontainer.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* ---- core_share.c: owners of Arrow structs, and copies of them for other libraries ---- */

/* Owns a schema or an array; the release of the other one is NULL. */
struct share {
    atomic_int refs;
    struct ArrowSchema schema;
    struct ArrowArray array;
};

/* An empty share with one reference; NULL if memory ran out. */
struct share *share_new(void);
struct share *share_keep(struct share *share);
void share_drop(struct share *share); /* does nothing for NULL */

/* Copies a schema into memory of its own, or an array, whose buffers stay in the share. Return 0 or ENOMEM.
 */
int schema_copy(struct ArrowSchema *out, const struct ArrowSchema *from);
int array_borrow(struct ArrowArray *out, const struct ArrowArray *from, struct share *share);

/* Makes an array without rows. It holds a reference to the share, which may own anything. */
int array_empty(struct ArrowArray *out, const struct ArrowSchema *schema, struct share *share);

/* ---- core_capsule.c: functions return NULL with an exception set ---- */

PyObject *schema_capsule(const struct ArrowSchema *schema);
PyObject *array_capsule(const struct ArrowArray *array, struct share *share);
/* Takes ownership of the stream, and releases it if no capsule could be made. */
PyObject *stream_capsule(struct ArrowArrayStream *stream);

/* ---- core_value.c: Arrow values as Python objects ---- */

/* Value i, counted from the array's offset: None, bool, int, float, str, bytes, list or dict. Times and
 * durations are ints of nanoseconds. */
PyObject *value_object(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t i);
/* The range of list i's elements in the list's child. False with an exception set if the column is not a
 * list. */
bool value_span(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t i, int64_t *from,
                int64_t *to);
/* The double nearest to ns / 10^9. */
double value_seconds(int64_t ns);
/* [(text, packet), ...] of list i of a field's column; values of one packet are joined by commas. rule: the
 * field's text_rule. */
PyObject *value_texts(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t i,
                      uint32_t rule);

/* ---- core_array.c: the types Schema and Array ---- */

extern PyTypeObject *schema_type, *array_type;
/* Both keep references to the given shares, which own `schema` and `array`. */
PyObject *schema_object(struct share *schema);
PyObject *array_object(struct share *schema_share, struct share *array_share,
                       const struct ArrowSchema *schema, const struct ArrowArray *array);
/* The contents of a Schema or an Array object; borrowed. */
const struct ArrowSchema *schema_object_schema(PyObject *object, struct share **share);
const struct ArrowArray *array_object_array(PyObject *object, struct share **share);
bool core_array_ready(PyObject *module);

/* ---- core_pull.c ---- */

enum {
    PULL_RAISED = -1
}; /* returned instead of an errno: a Python handler raised an exception, and the run is cancelled */
/* Puts the next batch into *out, as get_next does. The caller holds the interpreter lock. With `calls_python`
 * the main thread always waits for a helper, because it would run signal handlers inside the run. */
int pull_batch(struct fc_run *run, struct ArrowArrayStream *stream, struct ArrowArray *out,
               bool calls_python);

/* ---- core_inputs.c: captures for fc_open_inputs ---- */

struct core_inputs {
    PyObject *tuple; /* owns all that items point to */
    struct fc_input *items;
    size_t n;
    bool calls_python; /* an input is read by functions in Python */
};

/* The inputs of a sequence, each of them bytes or str (a path), or a tuple: ("file", path), ("memory", name,
 * bytes),
 * ("reader", name, size, open) or ("pipe", name, size, open). open() gives an object with next(), which gives
 * bytes, b"" at the end, or None if there are none yet, and close(). NULL with an exception set. */
struct core_inputs *core_inputs_new(PyObject *sequence);
void core_inputs_free(struct core_inputs *inputs); /* does nothing for NULL */

/* ---- core_run.c: the type Run ---- */

/* Takes ownership of the run and of its inputs. */
PyObject *run_object(struct fc_run *run, struct core_inputs *inputs);
bool core_run_ready(PyObject *module);

/* ---- core_stream.c ---- */

/* stream(schema, iterator of Array) -> capsule of an ArrowArrayStream */
PyObject *core_stream(PyObject *module, PyObject *args);

/* ---- core_csv.c ---- */

/* write_csv(schema, iterator of Array, rules, path) writes a file whole or not at all */
PyObject *core_write_csv(PyObject *module, PyObject *args);

/* ---- core_take.c ---- */

/* take(capsule of an ArrowArrayStream) -> (Schema, [Array, ...]) */
PyObject *core_take(PyObject *module, PyObject *capsule);

/* ---- core_open.c ---- */

PyObject *core_open(PyObject *module, PyObject *args, PyObject *kwargs);
/* interfaces() -> [(name, description)] */
PyObject *core_interfaces(PyObject *module, PyObject *unused);

/* ---- core_sets.c ---- */

/* The options of feature sets out of a tuple (form, faults, names, layers, server ports, idle, active,
 * accounting mode, splt, payload, version, phantoms, nulls, capture, checksums); its texts are borrowed. */
bool core_sets_fill(struct fc_set_options *options, PyObject *tuple);
/* families() -> [(name, program, row, is own)] */
PyObject *core_families(PyObject *module, PyObject *unused);
/* family_columns(name, options) -> [(name, type, group, is default, unit, description)] */
PyObject *core_family_columns(PyObject *module, PyObject *args);

/* ---- core_fields.c ---- */

/* fields(pattern, native) -> the list of matching fields; pattern is a glob, or a function of the name */
PyObject *core_fields(PyObject *module, PyObject *args);
/* columns(level) -> [(name, type, group, is default, unit, description)]; level: 0 flows, 1 packets, 2 frames
 */
PyObject *core_columns(PyObject *module, PyObject *args);
/* short_names() -> [(name, field, description)] */
PyObject *core_short_names(PyObject *module, PyObject *unused);

/* ---- core_cli.c ---- */

/* cli(argv, sinks) -> exit status */
PyObject *core_cli(PyObject *module, PyObject *args);

/* ---- core_base.c ---- */

extern PyObject *unsupported_error, *cancelled_error; /* _core.c makes them */
/* Raises the Python exception for an error of the library; returns NULL. */
PyObject *core_raise(const struct fc_error *err);
/* The list of the n objects that `make` gives for the indices 0 to n - 1 of `of`; NULL if it gives NULL once.
 */
PyObject *core_list(size_t n, PyObject *(*make)(size_t i, const void *of), const void *of);
/* (name, type, group, is default, unit, description) */
PyObject *core_column(const struct fc_column_info *column);
/* Clears the exception and stores the first line of its text. */
void core_exception_line(char *out, size_t cap);
/* The text of bytes or str, without a null byte inside; NULL with an exception set. */
const char *core_text(PyObject *object);
/* Makes a type from spec and adds it to the module. Returns NULL with an exception set on failure. */
PyTypeObject *core_add_type(PyObject *module, PyType_Spec *spec, const char *name);

#endif
