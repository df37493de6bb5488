/* Invariant: the doubts are those of the walk that makes values, frame by frame, because both show the same
 * frames to the same protocols and want the same fields. */
#include "shark/survey.h"

void survey_open(struct survey *survey, const int16_t *slots, const struct filter *filter, bool exact,
                 bool matches_names)
{
    *survey = (struct survey){.matches_names = matches_names};
    survey->arena.memory = &survey->memory;
    survey->row = (struct row){.slot_of = slots, .arena = &survey->arena};
    apps_init(&survey->apps, slots, filter, exact, &survey->memory);
}

bool survey_frame(struct survey *survey, const struct examined *x, const struct source *source)
{
    row_reset(&survey->row);
    if (survey->arena.block)
        arena_reset(&survey->arena);
    apps_turn(&survey->apps, x, source);
    apps_frame(&survey->apps, &survey->row, x);
    bool lost = apps_lost(&survey->apps);
    if (lost)
        apps_go_on(&survey->apps);
    return lost;
}

bool survey_failed(const struct survey *survey) { return survey->memory.ended; }

void survey_free(struct survey *survey)
{
    apps_free(&survey->apps);
    row_free(&survey->row);
    arena_free(&survey->arena);
}
