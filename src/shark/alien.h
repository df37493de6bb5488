/* Captures of formats that are not read natively. */
#ifndef FC_SHARK_ALIEN_H
#define FC_SHARK_ALIEN_H

#include "query/query.h"
#include "source/source.h"

/* Opens a copy of the capture that libwireshark makes. `given`: a descriptor of the capture as a plain file
 * (shark/file.h), borrowed, or -1. On entry *err is the error of the native reader; if libwireshark cannot
 * read the capture either, that error stays and its status is returned. */
FC_MUST_USE enum fc_status alien_open(struct source **out, struct shark *shark, const struct input *input,
                                      int given, const struct progress *progress, struct fc_error *err);

#endif
