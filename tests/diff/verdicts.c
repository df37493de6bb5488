/* Verdicts of many filters at once for every frame, whether or not the frame is kept; filters.py compares
 * them with tshark. The filters come from standard input, one in each line.
 *
 * diff_verdicts -c: for each filter OK, NOT_NATIVE or ERR, with offset and message.
 * diff_verdicts CAPTURE...: for each capture FILE and the first frame with a doubt, or 0; then for each
 * filter the ranges of frames that pass, or ERR, or NOT_NATIVE. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/apps.h"
#include "look/emit.h"
#include "source/source.h"

enum { MOST = 40000 };

struct line {
    char *text;
    struct filter *filter;
    struct fc_error error;
    struct filter_state state;
    struct row row;
    struct emit_plan headers;
    uint32_t first, last; /* the range of passing frames that is still open */
    FILE *out;
    char *ranges;
    size_t ranges_len;
};
static struct line *lines;
static size_t n_lines;
/* Protocols above TCP and UDP read a frame only once, for all filters together; the slots of this row are
 * field ids. */
static int16_t apps_slots[F_COUNT];
static struct row apps_row = {.slot_of = apps_slots};
static struct filter *all_apps;
static uint32_t doubt; /* first frame with a doubt: libwireshark may know more from there on */

static void read_lines(void)
{
    char *text = NULL;
    size_t cap = 0;
    ssize_t n;
    lines = calloc(MOST, sizeof *lines);
    while (lines && n_lines < MOST && (n = getline(&text, &cap, stdin)) > 0) {
        if (text[n - 1] == '\n')
            text[n - 1] = 0;
        struct line *l = &lines[n_lines++];
        l->text = strdup(text);
        if (filter_compile(&l->filter, text, &l->error))
            l->filter = NULL;
        else
            emit_plan_make(&l->headers, filter_slots(l->filter));
        for (int id = 0; l->filter && id < F_COUNT; id++)
            if (filter_slots(l->filter)[id] >= 0 && !field_is_header((field_id)id))
                apps_slots[id] = (int16_t)id;
    }
    free(text);
}

static void say_compiled(void)
{
    for (size_t i = 0; i < n_lines; i++) {
        const struct line *l = &lines[i];
        if (l->filter || l->error.status == FC_USAGE)
            printf("OK\t%s\n", l->text);
        else
            printf("%s\t%lld\t%s\t%s\n", l->error.status == FC_FILTER ? "ERR" : "NOT_NATIVE",
                   (long long)l->error.offset, l->text, l->error.text);
    }
}

static void note(struct line *l, uint32_t frame)
{
    if (l->last && l->last == frame - 1) {
        l->last = frame;
        return;
    }
    if (l->last)
        fprintf(l->out, "%u-%u,", l->first, l->last);
    l->first = l->last = frame;
}

static void judge(struct line *l, const struct examined *x, const struct frame_times *times,
                  const struct source *source, const struct apps *apps, struct arena *arena)
{
    l->row.slot_of = filter_slots(l->filter);
    l->row.arena = arena;
    row_reset(&l->row);
    emit_frame(&l->row, x, times, source, &l->headers);
    if (filter_wants_protocols(l->filter))
        emit_protocols(&l->row, x, filter_protocol_slots(l->filter));
    row_take(&l->row, &apps_row);
    apps_protocols(apps, &l->row, filter_protocol_slots(l->filter));
    if (filter_run(l->filter, &l->state, &l->row))
        note(l, x->packet.frame->number);
}

static void read_frames(struct source *source)
{
    struct examiner *examiner = calloc(1, sizeof *examiner);
    static struct examined x;
    struct frame frame;
    struct frame_times times = {0};
    struct fc_error error;
    struct apps *apps = calloc(1, sizeof *apps);
    examiner->keeps_flights = examiner->matches_names = true;
    apps_init(apps, apps_slots, all_apps, true, NULL);
    apps_row.arena = &examiner->arena;
    while (!source_next(source, &frame, &error) && frame.data) {
        examine(examiner, &frame, &x);
        frame_times_note(&times, &frame);
        row_reset(&apps_row);
        apps_turn(apps, &x, source);
        apps_frame(apps, &apps_row, &x);
        if (apps->doubt && !doubt)
            doubt = frame.number;
        for (size_t i = 0; i < n_lines; i++)
            if (lines[i].filter)
                judge(&lines[i], &x, &times, source, apps, &examiner->arena);
    }
    apps_free(apps);
    free(apps);
    examiner_free(examiner);
    free(examiner);
}

static void run(const char *path)
{
    struct source *source;
    struct fc_error error;
    if (source_open(&source, path, &error)) {
        printf("FILE\t%s\tERR\n", path);
        return;
    }
    for (size_t i = 0; i < n_lines; i++) {
        lines[i].first = lines[i].last = 0;
        lines[i].out = open_memstream(&lines[i].ranges, &lines[i].ranges_len);
    }
    doubt = 0;
    read_frames(source);
    source_close(source);
    printf("FILE\t%s\t%u\n", path, doubt);
    for (size_t i = 0; i < n_lines; i++) {
        struct line *l = &lines[i];
        if (l->last)
            fprintf(l->out, "%u-%u,", l->first, l->last);
        fclose(l->out);
        printf("%zu\t%s\n", i, l->filter ? l->ranges : l->error.status == FC_FILTER ? "ERR" : "NOT_NATIVE");
        free(l->ranges);
    }
}

/* A filter that names every protocol above TCP and UDP. */
static struct filter *name_all_apps(void)
{
    char text[1024] = "";
    struct fc_error error;
    struct filter *filter;
    for (int p = 0; p < P_COUNT; p++)
        if (filter_protocol_is_app((enum filter_protocol)p)) {
            strcat(text, *text ? " or " : "");
            strcat(text, filter_protocol_name((enum filter_protocol)p));
        }
    return filter_compile(&filter, text, &error) ? NULL : filter;
}

int main(int argc, char **argv)
{
    memset(apps_slots, 0xff, sizeof apps_slots);
    if (!(all_apps = name_all_apps()))
        return 1;
    read_lines();
    if (argc > 1 && !strcmp(argv[1], "-c"))
        say_compiled();
    else
        for (int i = 1; i < argc; i++)
            run(argv[i]);
    for (size_t i = 0; i < n_lines; i++) {
        filter_free(lines[i].filter);
        filter_state_free(&lines[i].state);
        row_free(&lines[i].row);
        free(lines[i].text);
    }
    free(lines);
    filter_free(all_apps);
    row_free(&apps_row);
    return 0;
}
