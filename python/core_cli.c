/* _core.cli: the command, with the file formats that Python libraries write.
 *
 * Invariant: the command runs without the interpreter lock; only a sink takes it, on the same thread. The
 * stream of a sink is released exactly once, whatever the Python function does with its capsule.
 */
#include "cli.h"
#include "core.h"

/* self is a Python function (capsule, path, engine). */
static int sink_write(void *self, struct ArrowArrayStream *stream, const char *path, const char *engine,
                      char *message, size_t cap)
{
    PyGILState_STATE lock = PyGILState_Ensure();
    PyObject *capsule = stream_capsule(stream);
    PyObject *name = capsule ? PyUnicode_DecodeFSDefault(path) : NULL;
    PyObject *text = name ? PyUnicode_DecodeFSDefault(engine) : NULL;
    PyObject *answer = text ? PyObject_CallFunctionObjArgs(self, capsule, name, text, NULL) : NULL;
    int failed = !answer;
    if (failed)
        core_exception_line(message, cap);
    Py_XDECREF(answer);
    Py_XDECREF(text);
    Py_XDECREF(name);
    Py_XDECREF(capsule);
    PyGILState_Release(lock);
    return failed;
}

/* Converts [(ending, function), ...] for the command; borrowed. Returns NULL with an exception set on
 * failure. */
static struct cli_sink *sinks_make(PyObject *list, size_t *n)
{
    *n = (size_t)PyTuple_Size(list);
    struct cli_sink *sinks = PyMem_Calloc(*n + 1, sizeof *sinks);
    if (!sinks) {
        PyErr_NoMemory();
        return NULL;
    }
    for (size_t i = 0; i < *n; i++) {
        PyObject *pair = PyTuple_GetItem(list, (Py_ssize_t)i), *function;
        if (PyTuple_Check(pair) && PyArg_ParseTuple(pair, "sO", &sinks[i].ending, &function)) {
            sinks[i].write = sink_write;
            sinks[i].self = function;
            continue;
        }
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "a sink must be (ending, function)");
        PyMem_Free(sinks);
        return NULL;
    }
    return sinks;
}

static char **argv_make(PyObject *words, int *argc)
{
    *argc = (int)PyTuple_Size(words);
    char **argv = PyMem_Calloc((size_t)*argc + 1, sizeof *argv);
    for (int i = 0; argv && i < *argc; i++) {
        argv[i] = PyBytes_AsString(PyTuple_GetItem(words, i));
        if (!argv[i]) {
            PyMem_Free(argv);
            return NULL;
        }
    }
    if (!argv)
        PyErr_NoMemory();
    return argv;
}

PyObject *core_cli(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *words, *list;
    int argc = 0, status = 0;
    size_t n = 0;
    if (!PyArg_ParseTuple(args, "O!O!:cli", &PyTuple_Type, &words, &PyTuple_Type, &list))
        return NULL;
    char **argv = argv_make(words, &argc);
    struct cli_sink *sinks = argv ? sinks_make(list, &n) : NULL;
    if (sinks) {
        Py_BEGIN_ALLOW_THREADS status = cli_main(argc, argv, sinks, n);
        Py_END_ALLOW_THREADS
    }
    PyMem_Free(sinks);
    PyMem_Free(argv);
    return sinks ? PyLong_FromLong(status) : NULL;
}
