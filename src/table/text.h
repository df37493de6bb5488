/* Values as text, out of finished Arrow arrays; fc_value_text is this with the field's public index. */
#ifndef FC_TABLE_TEXT_H
#define FC_TABLE_TEXT_H

#include <flowcontainer.h>

#include "field/field.h"

/* How a field's values print, as a number that needs no table: struct fc_field_info, text_rule. */
uint32_t text_rule(const struct field *field);
size_t text_value(char *out, size_t cap, const struct field *field, const struct ArrowArray *values,
                  int64_t i, enum fc_text style);

#endif
