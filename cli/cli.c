/* The command as one function, which the plain executable and the Python package call.
 *
 * Invariant: it leaves the process as it found it: signal handlers put back, nothing allocated, no exit().
 */
#include "cli.h"

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

int cli_main(int argc, char **argv, const struct cli_sink *sinks, size_t n_sinks)
{
    struct stop stop;
    struct opt opt;
    stop_watch(&stop);
    int status = opt_parse(&opt, argc, argv, sinks, n_sinks);
    if (!status)
        status = run_command(&opt);
    opt_free(&opt);
    stop_unwatch(&stop);
    return status;
}
