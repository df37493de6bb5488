/* The options of the wireshark engine.
 *
 * Invariant: the arrays of texts have room for every argument of the command line.
 */
#include "dissection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "say.h"
#include "value.h"

static int parse_passes(struct opt *opt, const char *text)
{
    static const struct opt_choice choices[] = {
        {"1", FC_PASSES_ONE}, {"2", FC_PASSES_TWO}, {"2R", FC_PASSES_READ}, {"auto", FC_PASSES_AUTO}};
    int value = 0;
    int bad = opt_choice(&value, "--passes", text, choices, 4);
    opt->run.passes = (enum fc_passes)value;
    return bad;
}

/* A key log is an option of its own: the library reads it, because the process that dissects may open no
 * file. */
int dissection_preference(struct opt *opt, const char *text)
{
    static const char *const keylogs[] = {"tls.keylog_file:", "ssl.keylog_file:"};
    if (!opt_is_preference(text))
        return say_usage("--preference takes NAME:VALUE, such as tcp.desegment_tcp_streams:FALSE, not \"%s\"",
                         text);
    for (size_t i = 0; i < sizeof keylogs / sizeof keylogs[0]; i++)
        if (strncmp(text, keylogs[i], strlen(keylogs[i])) == 0) {
            opt->run.keylog = text + strlen(keylogs[i]);
            return 0;
        }
    opt->preferences[opt->n_preferences++] = text;
    return 0;
}

static int parse_dissector(struct opt *opt, const char *kind, const char *name)
{
    size_t len = strlen(kind) + strlen(name) + 1;
    char *text = malloc(len);
    if (!text) {
        say("out of memory");
        return EXIT_OUTPUT;
    }
    snprintf(text, len, "%s%s", kind, name);
    opt->dissectors[opt->n_dissectors++] = text;
    return 0;
}

int dissection_parse(struct opt *opt, int key, const char *arg)
{
    switch (key) {
    case KEY_PREFERENCE:
        return dissection_preference(opt, arg);
    case 'd':
        opt->decode_as[opt->n_decode_as++] = arg;
        return 0;
    case KEY_ENABLE_PROTOCOL:
        return parse_dissector(opt, "enable-protocol:", arg);
    case KEY_DISABLE_PROTOCOL:
        return parse_dissector(opt, "disable-protocol:", arg);
    case KEY_ENABLE_HEURISTIC:
        return parse_dissector(opt, "enable-heuristic:", arg);
    case KEY_DISABLE_HEURISTIC:
        return parse_dissector(opt, "disable-heuristic:", arg);
    case KEY_KEYLOG:
        opt->run.keylog = arg;
        return 0;
    case KEY_WIRESHARK:
        opt->run.wireshark = arg;
        return 0;
    case KEY_PASSES:
        return parse_passes(opt, arg);
    case KEY_MAX_MEMORY:
        return opt_size(&opt->run.max_memory, "--max-memory", arg);
    case KEY_EXACT:
        opt->run.exact = true;
        return 0;
    default:
        return EXIT_USAGE;
    }
}
