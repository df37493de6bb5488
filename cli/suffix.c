/* The format that the ending of -o asks for.
 *
 * Invariant: a contradiction between -T and a known ending is an error. For an ending that only the Python
 * package can write, the message says how to install it.
 */
#include "suffix.h"

#include <string.h>
#include <strings.h>

#include "say.h"

static const struct {
    const char *ending;
    enum opt_format format;
} TEXT_ENDINGS[] = {
    {".csv", OPT_CSV},   {".ndjson", OPT_NDJSON}, {".jsonl", OPT_NDJSON},
    {".json", OPT_JSON}, {".txt", OPT_TABLE},
};

const char *suffix_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash + 1 : path, '.');
    return dot ? dot : "";
}

static enum opt_format text_format(const char *ending)
{
    for (size_t i = 0; i < sizeof TEXT_ENDINGS / sizeof TEXT_ENDINGS[0]; i++)
        if (strcasecmp(ending, TEXT_ENDINGS[i].ending) == 0)
            return TEXT_ENDINGS[i].format;
    return OPT_AUTO;
}

static const struct cli_sink *find_sink(const char *ending, const struct cli_sink *sinks, size_t n_sinks)
{
    for (size_t i = 0; i < n_sinks; i++)
        if (strcasecmp(ending, sinks[i].ending) == 0)
            return &sinks[i];
    return NULL;
}

static bool is_arrow_ending(const char *ending)
{
    static const char *const endings[] = {".parquet", ".arrow", ".feather", ".ipc"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(ending, endings[i]) == 0)
            return true;
    return false;
}

static int unknown_ending(const char *ending)
{
    if (is_arrow_ending(ending))
        return say_usage("%s is written by the Python package with pyarrow: pip install "
                         "\"flowcontainer[arrow]>=8\", or \".[arrow]\" in a clone",
                         ending);
    return say_usage(
        "-o: no format for the ending \"%s\"; use .csv, .ndjson, .jsonl, .json, .txt, .parquet, .arrow, "
        ".feather or .ipc, or name the format with -T",
        ending);
}

int suffix_choose(struct opt *opt, const struct cli_sink *sinks, size_t n_sinks)
{
    if (!opt->output || strcmp(opt->output, "-") == 0) {
        opt->output = NULL;
        opt->format = opt->format == OPT_AUTO ? OPT_TABLE : opt->format;
        return 0;
    }
    const char *ending = suffix_of(opt->output);
    enum opt_format by_ending = text_format(ending);
    const struct cli_sink *sink = find_sink(ending, sinks, n_sinks);
    if (opt->format == OPT_AUTO && !sink && by_ending == OPT_AUTO)
        return unknown_ending(ending);
    bool other_text = by_ending != OPT_AUTO && by_ending != opt->format;
    if (opt->format != OPT_AUTO && (other_text || is_arrow_ending(ending)))
        return say_usage("-T and the ending %s of -o ask for different formats", ending);
    if (opt->format == OPT_AUTO) {
        opt->sink = sink;
        opt->format = sink ? OPT_SINK : by_ending;
    }
    return 0;
}
