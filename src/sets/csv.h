/* Rows as the text that the original writes. */
#ifndef FC_SETS_CSV_H
#define FC_SETS_CSV_H

#include "sets/layout.h"
#include "sets/number.h"

/* How an original writes its rows. */
struct set_csv {
    char separator;
    const char *null; /* text of SET_NULL */
    size_t (*real)(char out[SET_NUMBER_CAP], double value);
    bool zeek; /* head lines with # before the names, one for the types behind them; JSON without unset values
                */
};

/* Text that grows. Zero-initialise; free with set_buffer_free. */
struct set_buffer {
    char *data;
    size_t len, cap;
};
void set_buffer_free(struct set_buffer *buffer);

/* Each function appends to the buffer and returns false when memory ends. */
FC_MUST_USE bool set_csv_head(struct set_buffer *buffer, const struct set_layout *layout);
FC_MUST_USE bool set_csv_row(struct set_buffer *buffer, const struct set_layout *layout, const char *capture,
                             const struct set_value *values);
/* A JSON object and a line feed. Numbers have the fewest digits that give the same double, as Zeek writes
 * them; a value that is not defined, or not finite, is null. conn.log leaves unset values out. */
FC_MUST_USE bool set_json_row(struct set_buffer *buffer, const struct set_layout *layout, const char *capture,
                              const struct set_value *values);

#endif
