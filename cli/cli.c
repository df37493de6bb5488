/* The command as one function, which the plain executable and the Python package call.
 *
 * Invariant: it leaves the process as it found it: signal handlers put back, nothing allocated, no exit().
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
    switch (opt->command) {
    case OPT_FIELDS:
        return command_fields(opt);
    case OPT_EXPLAIN:
        return command_explain(opt);
    default:
        return command_flows(opt);
    }
}

/* Whoever starts the command may have closed its standard streams: what is opened next would get their
 * numbers, and be taken for them. In their places stand files on which reading, or writing, fails as on a
 * closed one. */
static void keep_places(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return;
}

int cli_main(int argc, char **argv, const struct cli_sink *sinks, size_t n_sinks)
{
    struct stop stop;
    struct opt opt;
    keep_places();
    stop_watch(&stop);
    int status = opt_parse(&opt, argc, argv, sinks, n_sinks);
    if (!status)
        status = run_command(&opt);
    opt_free(&opt);
    stop_unwatch(&stop);
    return status;
}
