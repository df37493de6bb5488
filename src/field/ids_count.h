/* The range of ids. Made by tools/gen_fields.py from fields.def. */
#ifndef FC_FIELD_IDS_COUNT_H
#define FC_FIELD_IDS_COUNT_H

enum {
    F_COUNT = 2240 /* every id is below; not every number is an id */
};

#endif
