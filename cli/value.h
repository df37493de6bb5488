/* Values of options, and suggestions for mistyped options. */
#ifndef FC_CLI_VALUE_H
#define FC_CLI_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct opt_choice {
    const char *name;
    int value;
};

/* Each returns 0, or the exit status after printing the error. */
int opt_choice(int *out, const char *option, const char *text, const struct opt_choice *choices, size_t n);
int opt_number(uint64_t *out, const char *option, const char *text, uint64_t max);
/* The word of a list that is nearest; NULL if none is near. */
const char *opt_nearest_of(const char *text, const char *const *words, size_t n);
/* "30", "30s", "500ms", "5m" or "1h" in nanoseconds. */
int opt_duration(int64_t *out, const char *option, const char *text);
/* "300M", "1G" or "1048576" in bytes: K, M, G, T are powers of 1024. */
int opt_size(uint64_t *out, const char *option, const char *text);
/* Whether the text looks like tcp.desegment_tcp_streams:FALSE or uat:..., and not like a path. */
bool opt_is_preference(const char *text);

/* The name of an option that begins with `name`, else the nearest one; NULL if none is near. */
const char *opt_nearest(const char *name);

#endif
