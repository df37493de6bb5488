/* What a field of libwireshark is to us; for the files that know libwireshark. */
#ifndef FCW_FIELDS_H
#define FCW_FIELDS_H

#include <epan/proto.h>

#include "ws.h"

struct ws_field field_describe(const header_field_info *hf);
/* One column for fields of one name. Integers of a kind share the widest type as long as they print alike; all else
 * that differs becomes text. */
void field_unite(struct ws_field *into, const struct ws_field *f);

#endif
