/* The command as one function, which the plain executable and the Python package call.
 *
 * Invariant: it leaves the process as it found it: it restores signal handlers, frees all memory and never
 * calls exit().
 */
#include "cli.h"

#include <fcntl.h>
#include <unistd.h>

#include "commands.h"
#include "help.h"
#include "say.h"
#include "stop.h"

static int say_about(const struct opt *opt)
{
    struct out out;
    if (!out_open(&out, STDOUT_FILENO, true)) {
        say("out of memory");
        return EXIT_OUTPUT;
    }
    if (opt->help) {
        help_write(&out);
    } else {
        out_text(&out, "flowcontainer ");
        out_text(&out, fc_version());
        out_char(&out, '\n');
    }
    return command_close(&out, EXIT_WHOLE);
}

static int run_command(const struct opt *opt)
{
    if (opt->help || opt->version)
        return say_about(opt);
    if (opt->list_interfaces)
        return command_interfaces(opt);
    switch (opt->command) {
    case OPT_FIELDS:
        return command_fields(opt);
    case OPT_COLUMNS:
        return command_columns(opt);
    case OPT_FEATURES:
        return command_features(opt);
    case OPT_EXPLAIN:
        return command_explain(opt);
    default:
        return command_flows(opt);
    }
}

/* The parent process may have closed the standard streams. The next opened file would then get descriptor 0,
 * 1 or 2 and be used as a standard stream. So each closed one is replaced by a file on which reading, or
 * writing, fails as on a closed descriptor. */
static void keep_places(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return;
}

/* While the library waits for the worker. */
static bool is_interrupted(void *context)
{
    (void)context;
    return stop_asked() != 0;
}

int cli_main(int argc, char **argv, const struct cli_sink *sinks, size_t n_sinks)
{
    struct stop stop;
    struct opt opt;
    keep_places();
    stop_watch(&stop);
    int status = opt_parse(&opt, argc, argv, sinks, n_sinks);
    opt.run.interrupted = is_interrupted;
    if (!status)
        status = run_command(&opt);
    opt_free(&opt);
    stop_unwatch(&stop);
    return status;
}
