/* How a command ends: messages of failures and exit statuses; and the choices that all commands make alike.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "say.h"
#include "stop.h"

enum { SIGNAL_STATUS = 128 };

bool command_colour(const struct opt *opt, int fd)
{
    return opt->colour == OPT_ALWAYS || (opt->colour == OPT_BY_ITSELF && say_colour(fd));
}

int command_refuse(const struct opt *opt, const struct fc_error *err)
{
    if (err->status == FC_CANCELLED)
        return SIGNAL_STATUS + stop_asked();
    say_error(err, opt->run.filter);
    switch (err->status) {
    case FC_IO:
    case FC_FORMAT:
    case FC_CUT:
    case FC_NO_FLOWS:
        return EXIT_UNREADABLE;
    case FC_MEMORY:
        return EXIT_OUTPUT;
    default:
        return EXIT_USAGE;
    }
}

int command_out_of_memory(void)
{
    say("out of memory");
    return EXIT_OUTPUT;
}

int command_stopped(void) { return SIGNAL_STATUS + stop_asked(); }

int command_write_failure(const char *name, int error)
{
    if (stop_asked())
        return command_stopped();
    say("cannot write %s: %s", name, strerror(error));
    return EXIT_OUTPUT;
}

int command_close(struct out *out, int status)
{
    int error = out_close(out);
    if (!error || error == EPIPE)
        return status;
    return command_write_failure("standard output", error);
}

bool command_shows_progress(const struct opt *opt)
{
    if (opt->progress != OPT_BY_ITSELF)
        return opt->progress == OPT_ALWAYS;
    bool rows_on_screen = !opt->output && opt->format != OPT_TABLE && isatty(STDOUT_FILENO);
    return !opt->quiet && !rows_on_screen && isatty(STDERR_FILENO);
}
