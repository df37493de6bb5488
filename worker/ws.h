/* What the rest of the worker knows of libwireshark. */
#ifndef FCW_WS_H
#define FCW_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/wire.h"

struct ws_refusal {
    enum wire_refusal why;
    int32_t offset;
    char text[1024];
};

struct ws_field {
    enum wire_type type;
    enum wire_base base;
    uint32_t flags;
    const char *description; /* libwireshark's */
};

/* Where dissected frames go. */
struct ws_sink {
    void (*begin)(struct ws_sink *sink, uint32_t frame);
    void (*value)(struct ws_sink *sink, uint32_t slot, uint64_t bits, const void *bytes, uint32_t len);
    void (*end)(struct ws_sink *sink);
    volatile struct wire_progress *progress;
};

/* Once in the process; exits when libwireshark cannot start. */
void ws_start(const char *name);
const char *ws_version(void);
/* The one query of the process: `out` gets n entries. */
bool ws_query(const char *filter, const char *const *names, uint32_t n, struct ws_field *out,
              struct ws_refusal *refusal);
/* Every field and every old name of a protocol, in no order. */
struct ws_catalog {
    void (*field)(void *to, const char *name, const char *type, const struct ws_field *field);
    void (*old_name)(void *to, const char *old, const char *today);
    void *to;
};
void ws_catalog(const struct ws_catalog *catalog);
/* In a child: opens the capture, to be called before the jail is shut; then dissects it. */
bool ws_open(const char *path, struct ws_refusal *refusal);
/* Returns the number of frames read; *message is NULL, or why reading stopped. */
uint32_t ws_run(uint32_t last, const uint32_t *skip, uint32_t n_skip, struct ws_sink *sink,
                const char **message);

#endif
