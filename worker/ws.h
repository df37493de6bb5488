/* libwireshark, as the rest of the worker sees it. */
#ifndef FCW_WS_H
#define FCW_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shark/wire.h"

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

struct ws_list {
    char **texts;
    uint32_t n;
};

struct ws_question {
    const char *filter;
    struct ws_list names, preferences, decode_as, dissectors;
    char *keylog; /* content; kept */
    uint32_t passes;
};

/* The receiver of the values of dissected frames. */
struct ws_sink {
    void (*begin)(struct ws_sink *sink, uint32_t frame);
    void (*value)(struct ws_sink *sink, uint32_t slot, uint64_t bits, const void *bytes, uint32_t len);
    void (*end)(struct ws_sink *sink);
};

/* A capture to be dissected, or a part of it. */
struct ws_job {
    int fd;
    uint32_t last; /* 0: all frames */
    const uint32_t *skip;
    uint32_t n_skip;
    const uint32_t *links; /* WIRE_LOCATE: link types that are left out */
    uint32_t n_links;
    volatile struct wire_page *page;
};

/* Initialises libwireshark, once in a process. Ends the process when that fails. */
void ws_start(const char *name);
const char *ws_version(void);
const char *ws_library(void); /* the path of libwireshark's file; "": not known */
/* Takes the one query of the process. `out` gets an entry for each name, *plan bits of enum wire_plan. */
bool ws_query(const struct ws_question *question, struct ws_field *out, uint32_t *plan,
              struct ws_refusal *refusal);
/* Lists every field and every old name of a protocol, in no order. */
struct ws_catalog {
    void (*field)(void *to, const char *name, const char *type, const struct ws_field *field);
    void (*old_name)(void *to, const char *old, const char *today);
    void *to;
};
void ws_catalog(const struct ws_catalog *catalog);
/* Whether the process has taken a query. */
bool ws_asked(void);
/* Begins a session if there was no query. Called before children are forked. */
void ws_prepare(void);
/* Dissects a capture in a child. Returns the number of frames read. *message: why reading stopped too early,
 * valid until the next call; or NULL. */
uint32_t ws_run(const struct ws_job *job, struct ws_sink *sink, const char **message);
/* The same, with records that say where IP lies. */
uint32_t ws_locate(const struct ws_job *job, struct ws_sink *sink, const char **message);
/* Writes the capture as pcapng. */
void ws_convert(const struct ws_job *job, int to);
/* Forgets the last capture, so that the next one is dissected as in a new process. */
void ws_forget(void);

#endif
