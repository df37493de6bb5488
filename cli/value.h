/* Values of options, and the option that somebody may have meant. */
#ifndef FC_CLI_VALUE_H
#define FC_CLI_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct opt_choice {
    const char *name;
    int value;
};

/* Each returns 0, or the exit status after saying what is wrong with the text. */
int opt_choice(int *out, const char *option, const char *text, const struct opt_choice *choices, size_t n);
int opt_number(uint64_t *out, const char *option, const char *text, uint64_t max);
/* Nanoseconds of "30", "30s", "500ms", "5m", "1h". */
int opt_duration(int64_t *out, const char *option, const char *text);
/* Bytes of "300M", "1G", "1048576": K, M, G, T are powers of 1024. */
int opt_size(uint64_t *out, const char *option, const char *text);
/* tcp.desegment_tcp_streams:FALSE, uat:..., nothing that begins as a path does. */
bool opt_is_preference(const char *text);

/* The name of an option that begins with `name`, else the one nearest to it; NULL: none is near. */
const char *opt_nearest(const char *name);

#endif
