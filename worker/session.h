/* SPDX-License-Identifier: GPL-2.0-or-later
 * The session and the one query, shared by the files that include libwireshark. */
#ifndef FCW_SESSION_H
#define FCW_SESSION_H

/* State for the functions that epan calls back. epan has chosen the name of the type, and leaves its content
 * to its user. */
struct packet_provider_data;

#include "shim.h"

struct packet_provider_data {
    wtap *wth;
    const frame_data *ref;
    frame_data *prev_dis, *prev_cap;
    frame_data *frames; /* all of the capture when it is dissected twice, in order of their numbers */
    uint32_t n_frames;
};

struct session {
    struct packet_provider_data provider;
    epan_t *epan;
    dfilter_t *filter;
    GArray *hfids;  /* every field of the asked names */
    GArray *guards; /* fields that were not asked for, without which dissection would continue differently */
    int32_t *slots; /* by hfid, -1: not asked */
    int n_slots;
    struct ws_field *fields; /* by slot; the caller's */
    column_info *columns;    /* NULL: none are asked for */
    int32_t *column_slots;   /* by column, -1: not asked */
    const char *keylog;
    bool visible, twice;
    bool late;   /* the second pass decides the filter */
    bool reused; /* the process has dissected another capture before */
};
extern struct session ws;

wtap *capture_open(int fd, const char **message); /* of a regular file, from its start; NULL and why */
/* What ended reading, unless it was the end of the capture; takes info. */
void capture_ended(int err, char *info, const char **message);

/* The next node of a tree, parents before children; NULL after the last one. Trees can be deep, so there is
 * no recursion. */
static inline const proto_node *tree_next(const proto_node *root, const proto_node *node)
{
    if (node->first_child)
        return node->first_child;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}
void session_begin(void); /* begins a new epan session, without state of any capture */
/* Whether MPLS carries Ethernet is guessed from the vendors of addresses, whose table is there for a
 * process's first capture alone: a later one with such a frame is for another process. This one ends at no
 * frame, so that none is blamed. */
void leave_to_others(const struct ws_job *job, const epan_dissect_t *edt);
bool is_skipped(const struct ws_job *job, uint32_t frame);
/* Whether TCP, UDP and the like are dissected. */
void transports_decode(bool on);
bool refuse(struct ws_refusal *r, enum wire_refusal why, const char *format, const char *name);
struct ws_field field_describe(const header_field_info *hf);
/* One column for fields of one name. Integers of a kind share the widest type as long as they print alike;
 * all else that differs becomes text. */
void field_unite(struct ws_field *into, const struct ws_field *f);
/* All wanted values of a dissected frame, in the order in which tshark writes them. */
void put_values(struct ws_sink *sink, epan_dissect_t *edt);

#endif
