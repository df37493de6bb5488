/* Finds the frames of a capture that raise a doubt: libwireshark may know more about their flows than the
 * native readers. The survey shows all frames to the protocols above TCP and UDP, as the walk does that makes
 * values, but keeps no values. */
#ifndef FC_SHARK_SURVEY_H
#define FC_SHARK_SURVEY_H

#include "apps/apps.h"

struct survey {
    struct apps apps;
    struct row row; /* wants the fields of the query; its values are not read */
    struct arena arena;
    struct memory_state memory;
    bool matches_names; /* the examiner has to match DNS messages for the survey */
};

/* `slots`: slots of the row that the protocols fill, as sieve_slots gives them; borrowed. The filter may be
 * NULL. */
void survey_open(struct survey *survey, const int16_t *slots, const struct filter *filter, bool exact,
                 bool matches_names);
/* Takes all frames in order. True: this frame raises a doubt. */
bool survey_frame(struct survey *survey, const struct examined *x, const struct source *source);
/* Memory ended. */
bool survey_failed(const struct survey *survey);
void survey_free(struct survey *survey);

#endif
