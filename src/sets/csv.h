/* Rows as the text that the original writes. */
#ifndef FC_SETS_CSV_H
#define FC_SETS_CSV_H

#include "sets/number.h"
#include "sets/set.h"

/* How an original writes its rows. */
struct set_csv {
    char separator;
    const char *null; /* text of SET_NULL */
    size_t (*real)(char out[SET_NUMBER_CAP], double value);
    bool zeek; /* head lines with # before the names, one for the types behind them */
};

/* Text that grows. Zero-initialise; free with set_buffer_free. */
struct set_buffer {
    char *data;
    size_t len, cap;
};
void set_buffer_free(struct set_buffer *buffer);

/* Each function appends to the buffer and returns false when memory ends. */
FC_MUST_USE bool set_csv_head(struct set_buffer *buffer, const struct set *set);
FC_MUST_USE bool set_csv_row(struct set_buffer *buffer, const struct set *set,
                             const struct set_value *values);

#endif
