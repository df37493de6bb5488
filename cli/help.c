/* The text of --help, generated from the table of options.
 *
 * Invariant: no line is wider than 80 columns, and every option is listed, because getopt_long reads the same
 * table.
 */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "options.h"

static const char INTRO[] = "flowcontainer " FC_VERSION ": captures in, flow data sets out\n"
                            "\n"
                            "Usage:\n"
                            "  flowcontainer [OPTION...] CAPTURE...     a table of the flows, or a data set\n"
                            "  flowcontainer fields [PATTERN...]        the fields that -e takes\n"
                            "  flowcontainer columns [--level LEVEL]    the columns that -C takes\n"
                            "  flowcontainer features [NAME...]         the families that --features takes\n"
                            "  flowcontainer explain [OPTION...] [CAPTURE...]\n"
                            "                                           which engine would answer, and why\n"
                            "\n"
                            "CAPTURE is a pcap or pcapng file, compressed or not (its content decides), a\n"
                            "folder (all files below it), a pattern such as 'day*.pcap', or - for standard\n"
                            "input. Times are UTC. The bytes of a flow are those of its IP packets.\n";

static const char OUTRO[] =
    "\n"
    "Examples:\n"
    "  flowcontainer day.pcap                   a table of the flows\n"
    "  flowcontainer -e ip.ttl -e tcp.window_size_value day.pcap\n"
    "                                           two fields beside each flow\n"
    "  flowcontainer -T ndjson captures/ | jq .dst\n"
    "                                           one JSON object per flow\n"
    "  flowcontainer -o flows.parquet captures/\n"
    "                                           a data set (with the Python package)\n"
    "  flowcontainer --features cic-corrected -o day.pcap_Flow.csv day.pcap\n"
    "                                           the table that CICFlowMeter writes\n"
    "  flowcontainer --level frames -T csv day.pcap\n"
    "                                           all frames, kept or not, with reasons\n"
    "  tcpdump -c 1000 -w - | flowcontainer -   a table when tcpdump has ended\n"
    "  flowcontainer fields 'tcp.*'             the fields of TCP\n"
    "\n"
    "Rows go to standard output. The summary, the packets left out and the damaged\n"
    "captures go to standard error.\n"
    "\n"
    "Exit status: 0 all was read; 1 a capture is damaged, the other rows are there;\n"
    "2 wrong use, such as an unknown option or a capture that does not exist;\n"
    "3 nothing could be read; 4 the output could not be written, or memory ran out.\n";

enum { HELP_COLUMN = 25 };

static void write_help_lines(struct out *out, const char *help, size_t column)
{
    while (*help) {
        size_t len = strcspn(help, "\n");
        for (; column < HELP_COLUMN; column++)
            out_char(out, ' ');
        out_bytes(out, help, len);
        out_char(out, '\n');
        help += len + (help[len] == '\n');
        column = 0;
    }
}

static void write_row(struct out *out, const struct opt_row *row)
{
    char left[80];
    const char *comma = row->key < 256 && row->name ? ", " : "";
    char letter[3] = {'-', (char)row->key, 0};
    int len = snprintf(left, sizeof left, "  %s%s%s%s%s%s", row->key < 256 ? letter : "    ", comma,
                       row->name ? "--" : "", row->name ? row->name : "", row->arg ? " " : "",
                       row->arg ? row->arg : "");
    out_bytes(out, left, (size_t)len);
    if (len >= HELP_COLUMN)
        out_char(out, '\n');
    write_help_lines(out, row->help, len >= HELP_COLUMN ? 0 : (size_t)len);
}

void help_write(struct out *out)
{
    out_text(out, INTRO);
    for (size_t i = 0; i < OPT_N_ROWS; i++) {
        if (OPT_ROWS[i].group) {
            out_char(out, '\n');
            out_text(out, OPT_ROWS[i].group);
            out_text(out, ":\n");
        }
        write_row(out, &OPT_ROWS[i]);
    }
    out_text(out, OUTRO);
}
