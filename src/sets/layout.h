/* The table of a family as a caller wants it: the columns, in order, with their names. A layout is made once
 * and shared by all walks; every capture opens the family anew under the layout's options. */
#ifndef FC_SETS_LAYOUT_H
#define FC_SETS_LAYOUT_H

#include "base/arena.h"
#include "sets/set.h"

/* One value of a row in the table. */
struct set_pick {
    const struct set_column *column; /* NULL: the name of the capture */
    uint32_t value;                  /* index among the values of a row */
    const char *name;                /* of the column in a table */
    const char *head;                /* of the column in the original's text */
};

struct set_layout {
    const struct set_family *family;
    struct set_options options; /* its texts are in `texts` */
    enum fc_set_form form;
    bool nulls;        /* an undefined value is null */
    struct set *model; /* an opened family, for its columns */
    struct set_pick *picks;
    size_t n_picks;
    size_t n_columns; /* as picks, but each bit is a column */
    struct arena texts;
};

/* FC_USAGE: an option that the family uses has a wrong value. Free with set_layout_free. */
FC_MUST_USE enum fc_status set_layout_make(struct set_layout **out, const struct set_family *family,
                                           const struct fc_set_options *options, struct fc_error *err);
void set_layout_free(struct set_layout *layout); /* NULL is allowed */
/* Opens the family for one capture, which must outlive the set. */
FC_MUST_USE enum fc_status set_layout_open(struct set **out, const struct set_layout *layout,
                                           const char *capture, struct fc_error *err);
/* The name of a bit's column, "tcp_seq_31", in `texts`. NULL: memory ended. */
const char *set_layout_bit(struct arena *texts, const char *name, uint32_t bit);

/* Checks and copies the options of a caller that knows more or fewer members. `uses` holds the bits of all
 * families that get them; an option that none of these uses is FC_USAGE, and `who` names the families.
 * FC_UNSUPPORTED. */
FC_MUST_USE enum fc_status set_options_take(struct fc_set_options *out, const struct fc_set_options *given,
                                            unsigned uses, const char *who, struct fc_error *err);

#endif
