/* A field as flowcontainer.h shows it. */
#ifndef FC_RUN_FIELDS_H
#define FC_RUN_FIELDS_H

#include <flowcontainer.h>

#include "field/field.h"

struct fc_field_info field_info(const struct field *field, const char *engine);

#endif
