/* -D: the interfaces that the capturing program offers, in the form of `tshark -D`. */
#include <unistd.h>

#include "commands.h"
#include "say.h"

static void write_interface(struct out *out, const struct fc_interface *interface)
{
    out_uint(out, interface->number);
    out_text(out, ". ");
    out_text(out, interface->name);
    if (*interface->description) {
        out_text(out, " (");
        out_text(out, interface->description);
        out_char(out, ')');
    }
    out_char(out, '\n');
}

int command_interfaces(const struct opt *opt)
{
    struct fc_error err = {0};
    struct fc_interfaces *interfaces = NULL;
    struct out out;
    if (fc_interfaces_load(&interfaces, &err))
        return command_refuse(opt, &err);
    if (!out_open(&out, STDOUT_FILENO, true)) {
        fc_interfaces_free(interfaces);
        say("out of memory");
        return EXIT_OUTPUT;
    }
    for (size_t i = 0; i < fc_interfaces_count(interfaces); i++) {
        struct fc_interface interface = fc_interfaces_at(interfaces, i);
        write_interface(&out, &interface);
    }
    fc_interfaces_free(interfaces);
    return command_close(&out, EXIT_WHOLE);
}
