/* Values as text, out of finished Arrow arrays; fc_value_text is this with the field's public index. */
#ifndef FC_TABLE_TEXT_H
#define FC_TABLE_TEXT_H

#include <flowcontainer.h>

#include "field/field.h"

size_t text_value(char *out, size_t cap, const struct field *field, const struct ArrowArray *values,
                  int64_t i, enum fc_text style);

#endif
