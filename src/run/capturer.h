/* The program that captures packets for us: dumpcap or tcpdump. This library opens no network socket and
 * needs no rights of its own. */
#ifndef FC_RUN_CAPTURER_H
#define FC_RUN_CAPTURER_H

#include <flowcontainer.h>
#include <limits.h>

struct capturer {
    char path[PATH_MAX];
    bool is_tcpdump;
};

/* Finds dumpcap or else tcpdump in PATH and in the folders of system programs, or takes the one that the
 * environment variable FLOWCONTAINER_CAPTURER names. FC_UNSUPPORTED says what to install. */
FC_MUST_USE enum fc_status capturer_find(struct capturer *out, struct fc_error *err);
/* The command line that writes the capture to standard output: a list that ends with NULL, whose texts are
 * those of `capture` and of the capturer, or constants. The caller frees the list alone. FC_USAGE,
 * FC_UNSUPPORTED when tcpdump cannot do what is asked for; FC_MEMORY. */
FC_MUST_USE enum fc_status capturer_command(const char ***out, const struct capturer *capturer,
                                            const struct fc_capture *capture, struct fc_error *err);
/* The seconds of "duration:10", which tcpdump cannot count by itself; 0: none, or dumpcap counts them. */
uint32_t capturer_seconds(const struct capturer *capturer, const struct fc_capture *capture);
/* The sum of the packets that the kernel dropped according to what the program wrote to standard error. */
uint64_t capturer_drops(const char *said);
/* The reason why the program failed, as one line; false: it names none. */
bool capturer_failure(char *out, size_t cap, const struct capturer *capturer, const char *said);

#endif
