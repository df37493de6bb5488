/* Which frames of a capture make the native engine doubt. It goes through the capture with the protocols
 * above TCP and UDP alone, as the walk that makes values does, and tells each frame from which on
 * libwireshark may know more. */
#ifndef FC_SHARK_SURVEY_H
#define FC_SHARK_SURVEY_H

#include "apps/apps.h"

struct survey {
    struct apps apps;
    struct row row; /* wants what the query wants; nobody reads it */
    struct arena arena;
    struct memory_state memory;
    bool matches_names; /* what the examiner has to do for it */
};

/* Slots of the row that the applications fill for the query, as sieve_slots; the filter may be NULL. Borrows
 * slots. */
void survey_open(struct survey *survey, const int16_t *slots, const struct filter *filter, bool exact,
                 bool matches_names);
/* All frames, in order. True: something of this frame's flow is not read here, or not surely. */
bool survey_frame(struct survey *survey, const struct examined *x, const struct source *source);
/* Memory ended. */
bool survey_failed(const struct survey *survey);
void survey_free(struct survey *survey);

#endif
