/* Finds and starts the program flowcontainer-worker. */
#ifndef FC_SHARK_PROGRAM_H
#define FC_SHARK_PROGRAM_H

#include <flowcontainer.h>
#include <limits.h>
#include <sys/types.h>

/* The exit status of a program without its libwireshark, and the advice to the user if all programs end with
 * it. */
enum { PROGRAM_NOT_LOADED = 127 };
#define PROGRAM_NO_LIBRARY                                                                                   \
    "the wireshark engine needs Wireshark 4.0, 4.4 or 4.6, and none is here that it can use: apt install "   \
    "tshark "                                                                                                \
    "(or dnf install wireshark-cli)"

/* The path of the program; false when it is not installed. One package may bring several, each for one
 * release of libwireshark: `nth` counts those that are there from 0, in the order of releases. Which of them
 * fits shows when it is started: the loader ends the others at once. */
bool program_find(char out[PATH_MAX], unsigned nth);
/* Starts the program of that number. The caller closes the socket and waits for the process. FC_UNSUPPORTED
 * when there is no such program; the text then says how to get it. */
FC_MUST_USE enum fc_status program_start(pid_t *process, int *socket, unsigned nth, struct fc_error *err);

#endif
