/* The options of feature sets of other programs.
 *
 * Invariant: an option without a feature set is an error, because it would have no effect; which feature set
 * uses which option the library knows.
 */
#include "sets.h"

#include <string.h>

#include "keys.h"
#include "say.h"
#include "value.h"

static int take_number(uint32_t *out, const char *option, const char *arg, uint64_t most)
{
    uint64_t n = 0;
    int bad = opt_number(&n, option, arg, most);
    *out = (uint32_t)n;
    return bad;
}

static int take_faults(struct opt *opt, const char *arg)
{
    static const struct opt_choice choices[] = {{"as-published", FC_FAULTS_AS_PUBLISHED},
                                                {"corrected", FC_FAULTS_CORRECTED}};
    int value = 0;
    int bad = opt_choice(&value, "--faults", arg, choices, 2);
    opt->sets.faults = (enum fc_faults)value;
    return bad;
}

static int take_flag(bool *flag)
{
    *flag = true;
    return 0;
}

static int take_text(const char **out, const char *arg)
{
    *out = arg;
    return 0;
}

int sets_parse(struct opt *opt, int key, const char *arg)
{
    struct fc_set_options *sets = &opt->sets;
    opt->sets_option = true;
    switch (key) {
    case KEY_FAULTS:
        return take_faults(opt, arg);
    case KEY_NO_PHANTOMS:
        return take_flag(&sets->no_phantoms);
    case KEY_NAMES:
        return take_text(&sets->names, arg);
    case KEY_ACCOUNTING_MODE:
        return take_number(&sets->accounting_mode, "--accounting-mode", arg, 3);
    case KEY_SPLT:
        return take_number(&sets->splt, "--splt", arg, 255);
    case KEY_LAYERS:
        return take_text(&sets->layers, arg);
    case KEY_PAYLOAD_BYTES:
        return take_number(&sets->payload, "--payload-bytes", arg, 1500);
    case KEY_IGNORE_CHECKSUMS:
        return take_flag(&sets->ignore_checksums);
    case KEY_SERVER_PORTS:
        return take_text(&sets->server_ports, arg);
    case KEY_NETFLOW_VERSION:
        return take_number(&sets->version, "--netflow-version", arg, 3);
    case KEY_NULLS:
        return take_flag(&sets->nulls);
    default:
        return take_flag(&sets->capture);
    }
}

/* How many of the features are tables of other programs. */
static size_t count_sets(const struct opt *opt)
{
    size_t n = 0;
    for (size_t i = 0; i < opt->run.n_features; i++)
        for (size_t k = 0; k < fc_n_families(); k++)
            n += !fc_family_at(k).is_own && !strcmp(fc_family_at(k).name, opt->run.features[i]);
    return n;
}

int sets_check(struct opt *opt)
{
    opt->run.sets = &opt->sets;
    opt->n_sets = count_sets(opt);
    if (opt->command == OPT_FEATURES || opt->n_sets) {
        opt->sets.idle_ns = opt->idle_set ? opt->run.idle_ns : 0;
        opt->sets.active_ns = opt->active_set ? opt->run.active_ns : 0;
    }
    if (opt->command == OPT_FEATURES)
        return 0;
    if (opt->sets_option && !opt->n_sets)
        return say_usage("--faults, --splt and the other options of feature sets need one of them, such as "
                         "--features cic-corrected (see `flowcontainer features')");
    if (opt->n_sets > 1 && opt->command == OPT_FLOWS && (!opt->output || !strcmp(opt->output, "-")))
        return say_usage(
            "each feature set is a file of its own: -o day.csv writes day.FAMILY.csv for each of "
            "them, from one reading");
    return 0;
}
