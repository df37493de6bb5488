/* The command line, read by getopt_long from the one table of options (option_rows.c).
 *
 * Invariant: no file is opened here, and the message about a wrong option names a right one.
 * Letters are tshark's where they mean the same (-r -c -Y -n -T -e -d -q -v). -o takes both a preference and
 * a file: an argument that looks like a preference is one, any other is a file.
 */
#include "options.h"

#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "columns.h"
#include "dissection.h"
#include "keys.h"
#include "say.h"
#include "sets.h"
#include "suffix.h"
#include "value.h"

/* Room for the long and short options of getopt_long. */
enum { MAX_ROWS = 128 };

/* ---- values ---- */

static int parse_format(struct opt *opt, const char *text)
{
    static const struct opt_choice choices[] = {
        {"table", OPT_TABLE}, {"ndjson", OPT_NDJSON}, {"json", OPT_JSON}, {"csv", OPT_CSV}};
    if (strcmp(text, "fields") == 0)
        return say_usage("-T fields is an option of tshark; use -T csv");
    int value = 0;
    int bad = opt_choice(&value, "-T", text, choices, 4);
    opt->format = bad ? OPT_AUTO : (enum opt_format)value;
    return bad;
}

static int parse_level(struct opt *opt, const char *text)
{
    static const struct opt_choice choices[] = {
        {"flows", FC_LEVEL_FLOWS}, {"packets", FC_LEVEL_PACKETS}, {"frames", FC_LEVEL_FRAMES}};
    int value = 0;
    int bad = opt_choice(&value, "--level", text, choices, 3);
    opt->run.level = (enum fc_level)value;
    return bad;
}

static int parse_policy(struct opt *opt, const char *text)
{
    static const struct opt_choice choices[] = {{"stream", FC_POLICY_STREAM}, {"timeout", FC_POLICY_TIMEOUT}};
    int value = 0;
    int bad = opt_choice(&value, "--policy", text, choices, 2);
    opt->run.policy = (enum fc_policy)value;
    return bad;
}

static int parse_close(struct opt *opt, const char *text)
{
    static const struct opt_choice choices[] = {{"never", FC_CLOSE_NEVER}, {"fin", FC_CLOSE_FIN}};
    int value = 0;
    int bad = opt_choice(&value, "--close", text, choices, 2);
    opt->run.close = (uint64_t)value;
    return bad;
}

static int parse_tunnel(struct opt *opt, const char *text)
{
    static const struct opt_choice choices[] = {{"inner", FC_TUNNEL_INNER}, {"outer", FC_TUNNEL_OUTER}};
    int value = 0;
    int bad = opt_choice(&value, "--tunnel", text, choices, 2);
    opt->run.tunnel = (enum fc_tunnel)value;
    return bad;
}

static int parse_engine(struct opt *opt, const char *text)
{
    static const struct opt_choice choices[] = {
        {"auto", FC_ENGINE_AUTO}, {"native", FC_ENGINE_NATIVE}, {"wireshark", FC_ENGINE_WIRESHARK}};
    int value = 0;
    int bad = opt_choice(&value, "--engine", text, choices, 3);
    opt->run.engine = (enum fc_engine)value;
    return bad;
}

static int parse_colour(struct opt *opt, const char *text)
{
    static const struct opt_choice choices[] = {
        {"auto", OPT_BY_ITSELF}, {"always", OPT_ALWAYS}, {"never", OPT_NEVER}};
    int value = 0;
    int bad = opt_choice(&value, "--color", text, choices, 3);
    opt->colour = (enum opt_when)value;
    return bad;
}

static int parse_drop(struct opt *opt, const char *text)
{
    struct fc_error err = {0};
    if (fc_drop_parse(&opt->run.drop, text, &err))
        return say_usage("--drop: %s; use some of " OPT_DROPS ", or none", err.text);
    return 0;
}

static int parse_protocols(struct opt *opt, const char *text)
{
    struct fc_error err = {0};
    if (fc_protocols_parse(&opt->run.protocols, text, &err))
        return say_usage("--protocols: %s; use some of " OPT_PROTOCOLS, err.text);
    return 0;
}

static int parse_jobs(struct opt *opt, const char *text)
{
    uint64_t jobs = 0;
    int bad = opt_number(&jobs, "--jobs", text, 4096);
    opt->run.jobs = (uint32_t)jobs;
    return bad;
}

static int parse_max_flows(struct opt *opt, const char *text)
{
    return opt_number(&opt->run.max_flows, "--max-flows", text, UINT32_MAX);
}

static int parse_timeout(bool *is_set, int64_t *out, const char *option, const char *text)
{
    *is_set = true;
    return opt_duration(out, option, text);
}

static int set_flag(bool *flag)
{
    *flag = true;
    return 0;
}

static int set_progress(struct opt *opt, enum opt_when when)
{
    opt->progress = when;
    return 0;
}

static int add_text(const char **list, size_t *n, const char *text)
{
    list[(*n)++] = text;
    return 0;
}

static int parse_output(struct opt *opt, const char *text)
{
    if (opt_is_preference(text))
        return dissection_preference(opt, text);
    opt->output = text;
    return 0;
}

/* No field's name has a comma. */
static int parse_field(struct opt *opt, const char *text)
{
    if (strchr(text, ','))
        return say_usage("-e takes one field, not \"%s\"; repeat -e for each", text);
    return add_text(opt->fields, &opt->n_fields, text);
}

static int parse_packets(struct opt *opt, const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || !n || n > UINT16_MAX)
        return say_usage("--packets takes a whole number from 1 to 65535, not \"%s\"", text);
    opt->run.packets = (uint32_t)n;
    return 0;
}

/* Options that say what a row tells. */
static int parse_row(struct opt *opt, int key, const char *arg)
{
    static const struct opt_choice ways[] = {{"packets", FC_VALUES_PACKETS},
                                             {"list", FC_VALUES_LIST},
                                             {"first", FC_VALUES_FIRST},
                                             {"set", FC_VALUES_SET}};
    static const struct opt_choice limits[] = {{"sequences", FC_LIMIT_SEQUENCES}, {"all", FC_LIMIT_ALL}};
    int value = 0, bad = 0;
    switch (key) {
    case 'C':
        return columns_parse(opt, arg);
    case KEY_FEATURES:
        return features_parse(opt, arg);
    case KEY_BYTES:
        return bytes_parse(opt, arg);
    case KEY_PACKETS:
        return parse_packets(opt, arg);
    case KEY_PAYLOAD_ONLY:
        opt->run.taking = FC_TAKING_PAYLOAD;
        return 0;
    case KEY_VALUES:
        bad = opt_choice(&value, "--values", arg, ways, 4);
        opt->run.values = (enum fc_values)value;
        return bad;
    default:
        bad = opt_choice(&value, "--limit", arg, limits, 2);
        opt->run.limit = (enum fc_limit)value;
        return bad;
    }
}

/* Options of a live capture. */
static int parse_live(struct opt *opt, int key, const char *arg)
{
    switch (key) {
    case 'i':
        return add_text(opt->interfaces, &opt->capture.n_interfaces, arg);
    case 'f':
        opt->capture.filter = arg;
        return 0;
    case 's':
        opt->capture.snap_len = arg;
        return 0;
    case 'p':
        opt->capture.no_promiscuous = 1;
        return 0;
    case KEY_AUTOSTOP:
        return add_text(opt->autostop, &opt->capture.n_autostop, arg);
    default:
        return set_flag(&opt->list_interfaces);
    }
}

static int parse_one(struct opt *opt, int key, const char *arg)
{
    switch (key) {
    case 'r':
        return add_text(opt->paths, &opt->n_paths, arg);
    case 'e':
        return parse_field(opt, arg);
    case 'c':
        return opt_number(&opt->run.max_frames, "-c", arg, INT64_MAX);
    case 'j':
        return parse_jobs(opt, arg);
    case 'Y':
        opt->run.filter = arg;
        return 0;
    case 'T':
        return parse_format(opt, arg);
    case 'o':
        return parse_output(opt, arg);
    case 'a':
        return set_flag(&opt->all);
    case 'q':
        return set_flag(&opt->quiet);
    case 'h':
        return set_flag(&opt->help);
    case 'v':
        return set_flag(&opt->version);
    case 'n':
        return 0;
    case 'C':
    case KEY_VALUES:
    case KEY_PACKETS:
    case KEY_PAYLOAD_ONLY:
    case KEY_LIMIT:
    case KEY_FEATURES:
    case KEY_BYTES:
        return parse_row(opt, key, arg);
    case 'i':
    case 'f':
    case 's':
    case 'p':
    case 'D':
    case KEY_AUTOSTOP:
        return parse_live(opt, key, arg);
    case KEY_LEVEL:
        return parse_level(opt, arg);
    case KEY_DROP:
        return parse_drop(opt, arg);
    case KEY_PROTOCOLS:
        return parse_protocols(opt, arg);
    case KEY_POLICY:
        return parse_policy(opt, arg);
    case KEY_IDLE:
        return parse_timeout(&opt->idle_set, &opt->run.idle_ns, "--idle", arg);
    case KEY_ACTIVE:
        return parse_timeout(&opt->active_set, &opt->run.active_ns, "--active", arg);
    case KEY_CLOSE:
        return parse_close(opt, arg);
    case KEY_MAX_FLOWS:
        return parse_max_flows(opt, arg);
    case KEY_TUNNEL:
        return parse_tunnel(opt, arg);
    case KEY_ENGINE:
        return parse_engine(opt, arg);
    case KEY_CLASSIC:
        opt->run.style = FC_STYLE_CLASSIC;
        return 0;
    case KEY_QUOTE_FORMULAS:
        opt->quote_formulas = true;
        return 0;
    case KEY_COLOR:
        return parse_colour(opt, arg);
    case KEY_JOIN:
        opt->run.join = 1;
        return 0;
    case KEY_ROTATE:
        opt->rotates = true;
        return rotate_parse(&opt->rotate, arg);
    case KEY_FLUSH:
        return opt_duration(&opt->run.flush_ns, "--flush", arg);
    case KEY_PROGRESS:
        return set_progress(opt, OPT_ALWAYS);
    case KEY_NO_PROGRESS:
        return set_progress(opt, OPT_NEVER);
    case KEY_NATIVE:
        return set_flag(&opt->native);
    case KEY_JSON:
        return parse_format(opt, "ndjson");
    default:
        return key >= KEY_SETS ? sets_parse(opt, key, arg) : dissection_parse(opt, key, arg);
    }
}

/* ---- getopt ---- */

static int unknown_name(const char *given)
{
    char name[64] = "";
    given += strspn(given, "-");
    size_t len = strcspn(given, "=");
    strncat(name, given, len < 63 ? len : 63);
    const char *nearest = opt_nearest(name);
    if (nearest)
        return say_usage("unknown option --%s; did you mean --%s?", name, nearest);
    return say_usage("unknown option --%s", name);
}

/* After '?', optopt is 0 for an unknown name, else the letter, known or not. */
static int unknown_option(const char *given)
{
    if (!optopt)
        return unknown_name(given);
    for (size_t i = 0; i < OPT_N_ROWS; i++)
        if (OPT_ROWS[i].key == optopt)
            return say_usage("%.*s takes no value", (int)strcspn(given, "="), given);
    return say_usage("unknown option -%c", optopt);
}

static void fill_getopt(struct option longs[MAX_ROWS + 1], char shorts[3 * MAX_ROWS + 2])
{
    char *at = shorts;
    *at++ = ':';
    size_t n = 0;
    for (size_t i = 0; i < OPT_N_ROWS && i < MAX_ROWS; i++) {
        const struct opt_row *row = &OPT_ROWS[i];
        int has_arg = row->arg ? required_argument : no_argument;
        if (row->key < 256) {
            *at++ = (char)row->key;
            if (row->arg)
                *at++ = ':';
        }
        if (row->name)
            longs[n++] = (struct option){row->name, has_arg, NULL, row->key};
    }
    *at = 0;
    longs[n] = (struct option){0};
}

/* getopt keeps its place in globals; this is how each libc wants it put back. */
static void reset_getopt(void)
{
    opterr = 0;
#ifdef __GLIBC__
    optind = 0;
#else
    optind = 1;
#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
    optreset = 1;
#endif
#endif
}

/* The argument that getopt_long has just read or refused. */
static const char *last_argument(const struct opt *opt)
{
    const char *last = optind > 0 ? opt->argv[optind - 1] : NULL;
    return last ? last : "";
}

/* `flowcontainer columns' lists, and has no use for the options of a reading. */
static int check_columns_option(const struct opt *opt, int key)
{
    if (opt->command != OPT_COLUMNS || key == KEY_LEVEL || key == KEY_COLOR || strchr("hvqn", key))
        return 0;
    for (size_t i = 0; i < OPT_N_ROWS; i++)
        if (OPT_ROWS[i].key == key && OPT_ROWS[i].name)
            return say_usage("`flowcontainer columns' takes --level and patterns of names, not --%s",
                             OPT_ROWS[i].name);
    return say_usage("`flowcontainer columns' takes --level and patterns of names alone");
}

static int read_options(struct opt *opt, int argc)
{
    struct option longs[MAX_ROWS + 1];
    char shorts[3 * MAX_ROWS + 2];
    fill_getopt(longs, shorts);
    reset_getopt();
    int key;
    while ((key = getopt_long(argc, opt->argv, shorts, longs, NULL)) != -1) {
        if (key == ':')
            return say_usage("%s needs a value", last_argument(opt));
        if (key == '?')
            return unknown_option(last_argument(opt));
        int bad = check_columns_option(opt, key);
        if (!bad)
            bad = parse_one(opt, key, optarg);
        if (bad)
            return bad;
    }
    while (optind < argc)
        add_text(opt->paths, &opt->n_paths, opt->argv[optind++]);
    return 0;
}

/* ---- the whole command line ---- */

static int check_live(const struct opt *opt)
{
    const struct fc_capture *c = &opt->capture;
    bool asks = c->filter || c->snap_len || c->no_promiscuous || c->n_autostop;
    if (c->n_interfaces && opt->command != OPT_FLOWS)
        return say_usage("-i is for flows, not for `explain', `fields' or `columns'");
    if (c->n_interfaces && opt->n_paths)
        return say_usage("-i captures from an interface, and \"%s\" is a capture: name one or the other",
                         opt->paths[0]);
    if (asks && !c->n_interfaces)
        return say_usage("-f, -s, -p and -a CONDITION need an interface: -i IFACE");
    return 0;
}

static int check_together(struct opt *opt)
{
    int bad = sets_check(opt);
    if (bad)
        return bad;
    bool times_out = opt->n_sets || opt->command == OPT_FEATURES || opt->run.policy == FC_POLICY_TIMEOUT;
    if (opt->idle_set && !times_out && !opt->run.close)
        return say_usage("--idle needs --policy timeout or --close fin");
    if (opt->active_set && !times_out)
        return say_usage("--active needs --policy timeout");
    if (opt->command == OPT_PYTHON)
        return say_usage("`flowcontainer %s' comes with the Python package: pip install "
                         "'flowcontainer[dataset]', or `pip install .[dataset]' in a clone",
                         opt->word);
    if (opt->list_interfaces)
        return opt->command == OPT_FLOWS ? 0 : say_usage("-D stands alone");
    if (opt->command == OPT_FLOWS && opt->n_paths == 0 && opt->capture.n_interfaces == 0)
        return say_usage("no capture given");
    bad = check_live(opt);
    if (bad)
        return bad;
    if (opt->rotates && (!opt->output || !strchr(opt->output, '%')))
        return say_usage("--rotate needs names with a time: -o flows-%%Y%%m%%d-%%H%%M%%S.ndjson");
    if (opt->rotates && opt->n_sets)
        return say_usage(
            "--rotate is for flowcontainer's own tables, not for the feature sets of other programs");
    bool reads = opt->command == OPT_FLOWS || opt->command == OPT_EXPLAIN;
    for (size_t i = 0; i < opt->n_paths && reads; i++)
        if (!*opt->paths[i])
            return say_usage("the name of a capture is empty");
    if (opt->command != OPT_FIELDS && opt->native)
        return say_usage("--native is for `flowcontainer fields'; --engine native chooses the engine");
    if (!reads && opt->output)
        return say_usage("`flowcontainer %s' writes to standard output; use > FILE",
                         opt->command == OPT_FIELDS ? "fields" : "features");
    return 0;
}

static bool only_in_python(const char *word)
{
    return strcmp(word, "verify") == 0 || strcmp(word, "dataset") == 0 || strcmp(word, "split") == 0;
}

static enum opt_command take_command(struct opt *opt, int *argc)
{
    const char *word = *argc > 1 ? opt->argv[1] : "";
    enum opt_command command = strcmp(word, "fields") == 0     ? OPT_FIELDS
                               : strcmp(word, "columns") == 0  ? OPT_COLUMNS
                               : strcmp(word, "features") == 0 ? OPT_FEATURES
                               : strcmp(word, "explain") == 0  ? OPT_EXPLAIN
                               : only_in_python(word)          ? OPT_PYTHON
                                                               : OPT_FLOWS;
    if (command == OPT_FLOWS)
        return command;
    opt->word = word;
    memmove(opt->argv + 1, opt->argv + 2, (size_t)(*argc - 1) * sizeof *opt->argv);
    (*argc)--;
    return command;
}

/* -a is --all, as ever; before a condition, as in `-a duration:10', it is tshark's --autostop. No capture is
 * likely to have such a name. */
static void name_autostops(struct opt *opt, int argc)
{
    static const char *const kinds[] = {"duration:", "filesize:", "packets:", "files:"};
    for (int i = 1; i + 1 < argc && strcmp(opt->argv[i], "--") != 0; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0] && !strcmp(opt->argv[i], "-a"); k++)
            if (!strncmp(opt->argv[i + 1], kinds[k], strlen(kinds[k])))
                opt->argv[i] = (char *)"--autostop";
}

/* Refuses `-a foo:1': it looks like a condition, and no file has that name. */
static int check_autostops(const struct opt *opt, int argc)
{
    for (int i = 1; i + 1 < argc && strcmp(opt->argv[i], "--") != 0; i++) {
        const char *text = opt->argv[i + 1];
        size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyz"), number = strspn(text + word, ":0123456789");
        bool like = word && number > 1 && text[word] == ':' && !text[word + number];
        if (!strcmp(opt->argv[i], "-a") && like && access(text, F_OK) != 0)
            return say_usage("-a %s is no condition: there are duration:SECONDS, filesize:KB and packets:N",
                             text);
    }
    return 0;
}

int opt_parse(struct opt *opt, int argc, char **argv, const struct cli_sink *sinks, size_t n_sinks)
{
    *opt = (struct opt){0};
    fc_options_init(&opt->run);
    fc_set_options_init(&opt->sets);
    opt->run.jobs = 0;
    size_t n = (size_t)argc + 1;
    opt->argv = calloc(n, sizeof *opt->argv);
    opt->paths = calloc(n, sizeof *opt->paths);
    opt->fields = calloc(n, sizeof *opt->fields);
    opt->preferences = calloc(n, sizeof *opt->preferences);
    opt->decode_as = calloc(n, sizeof *opt->decode_as);
    opt->dissectors = calloc(n, sizeof *opt->dissectors);
    opt->interfaces = calloc(n, sizeof *opt->interfaces);
    opt->autostop = calloc(n, sizeof *opt->autostop);
    fc_capture_init(&opt->capture);
    if (!opt->argv || !opt->paths || !opt->fields || !opt->preferences || !opt->decode_as ||
        !opt->dissectors || !opt->interfaces || !opt->autostop) {
        say("out of memory");
        return EXIT_OUTPUT;
    }
    memcpy(opt->argv, argv, (size_t)argc * sizeof *argv);
    opt->command = take_command(opt, &argc);
    name_autostops(opt, argc);
    int bad = check_autostops(opt, argc);
    if (!bad)
        bad = read_options(opt, argc);
    if (bad || opt->help || opt->version)
        return bad;
    opt->run.fields = opt->fields;
    opt->run.n_fields = opt->n_fields;
    opt->run.preferences = opt->preferences;
    opt->run.n_preferences = opt->n_preferences;
    opt->run.decode_as = opt->decode_as;
    opt->run.n_decode_as = opt->n_decode_as;
    opt->run.dissectors = (const char *const *)opt->dissectors;
    opt->run.n_dissectors = opt->n_dissectors;
    opt->capture.interfaces = opt->interfaces;
    opt->capture.autostop = opt->autostop;
    bad = check_together(opt);
    return bad ? bad : suffix_choose(opt, sinks, n_sinks);
}

void opt_free(struct opt *opt)
{
    free(opt->argv);
    free(opt->paths);
    free(opt->fields);
    free(opt->preferences);
    free(opt->decode_as);
    for (size_t i = 0; i < opt->n_dissectors; i++)
        free(opt->dissectors[i]);
    free(opt->dissectors);
    free(opt->interfaces);
    free(opt->autostop);
    columns_forget(opt);
    *opt = (struct opt){0};
}
