/* The command `flowcontainer` as one function, so that the plain executable and the Python package's entry
 * point are the same program. It uses only flowcontainer.h.
 */
#ifndef FC_CLI_H
#define FC_CLI_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ArrowArrayStream;

/* A file format that the caller writes: the Python package adds Parquet and Arrow IPC. */
struct cli_sink {
    const char *ending; /* ".parquet": `-o x.parquet` goes here; compared without regard to case */
    /* Drains `stream`, takes it over (releases it), and writes the file `path`, which does not exist yet or
     * is empty; it is renamed to the name that the user gave when this returns 0. Anything else is an error:
     * its reason stands in `message` as one line of at most message_cap - 1 bytes. `engine` is the text of
     * fc_run_explain, for the file's metadata. Called on cli_main's thread. */
    int (*write)(void *self, struct ArrowArrayStream *stream, const char *path, const char *engine,
                 char *message, size_t message_cap);
    void *self;
};

/* Runs the command and returns its exit status; never exits. argv[0] is skipped; argv is not changed. Writes
 * to the descriptors 1 and 2 directly (flush what has been buffered for them first), reads 0 for "-".
 * Handlers of SIGINT, SIGTERM, SIGHUP and SIGPIPE are set for the duration of the call and put back. May be
 * called any number of times in a process, one call at a time. */
int cli_main(int argc, char **argv, const struct cli_sink *sinks, size_t n_sinks);

#ifdef __cplusplus
}
#endif
#endif
