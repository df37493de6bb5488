/* The command line: the one table of options, and the options of a run. */
#ifndef FC_CLI_OPTIONS_H
#define FC_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli.h"
#include "flowcontainer.h"
#include "rotate.h"

struct opt_row {
    const char *group; /* heading in --help; NULL: the group of the row before */
    int key;           /* the letter, or a number above 255 where there is none */
    const char *name;  /* NULL: letter only */
    const char *arg;   /* NULL: the option takes no value */
    const char *help;  /* lines, separated by \n */
};
extern const struct opt_row OPT_ROWS[];
extern const size_t OPT_N_ROWS;

enum opt_command { OPT_FLOWS, OPT_FIELDS, OPT_COLUMNS, OPT_FEATURES, OPT_EXPLAIN, OPT_PYTHON };
enum opt_format { OPT_AUTO, OPT_TABLE, OPT_NDJSON, OPT_JSON, OPT_CSV, OPT_SINK };
enum opt_when { OPT_BY_ITSELF, OPT_ALWAYS, OPT_NEVER };

struct opt {
    enum opt_command command;
    const char *word;   /* of OPT_PYTHON: the command that only the Python package has */
    const char **paths; /* captures; for OPT_FIELDS patterns, for OPT_FEATURES families */
    size_t n_paths;
    const char **fields;
    size_t n_fields;
    struct fc_column *columns; /* of all -C, in texts */
    const char **features;     /* of all --features, in texts */
    struct fc_set_options sets;
    size_t n_sets;          /* feature sets of other programs among the features */
    bool sets_option;       /* one of their options was given */
    struct fc_bytes *bytes; /* of all --bytes; the names are in texts */
    size_t n_bytes, n_texts;
    char **texts; /* copies of arguments, which are taken apart in place */
    const char **preferences, **decode_as;
    size_t n_preferences, n_decode_as;
    char **dissectors; /* texts of their own: fc_options wants the option's name in them */
    size_t n_dissectors;
    const char **interfaces, **autostop; /* of `capture` */
    struct fc_capture capture;
    struct rotate_rule rotate;
    bool rotates;
    struct fc_options run;
    enum opt_format format;
    const char *output; /* NULL: standard output */
    const struct cli_sink *sink;
    enum opt_when progress, colour;
    bool quote_formulas;
    bool all, quiet, help, version, native, list_interfaces;
    bool idle_set, active_set;
    char **argv; /* a copy, since getopt_long reorders it */
};

/* A run that may go on for ever: a signal ends it as the end of its input would. */
static inline bool opt_goes_on(const struct opt *opt)
{
    return opt->run.flush_ns > 0 || opt->capture.n_interfaces || opt->rotates;
}

/* The names that --protocols and --drop take. */
#define OPT_PROTOCOLS "tcp,udp,sctp,icmp,icmpv6,gre,esp"
#define OPT_DROPS "retransmission,out_of_order,mdns,ssdp,icmp"

/* Returns 0, or the exit status after printing the error. Call opt_free in both cases. */
int opt_parse(struct opt *opt, int argc, char **argv, const struct cli_sink *sinks, size_t n_sinks);
void opt_free(struct opt *opt);

#endif
