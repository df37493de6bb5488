/* SPDX-License-Identifier: GPL-2.0-or-later
 * Dissects a capture once or twice. The filter's verdicts and the values come from the last pass, as those of
 * `tshark -Y` and `tshark -2 -Y` do; with WIRE_PASSES_READ the verdicts come from the first, as those of
 * `tshark -2 -R` do. Invariant: frames have their numbers in the whole capture, also in a part
 * of it. */
#include "session.h"

#include <unistd.h>

/* One pass over a capture, or two. */
struct walk {
    const struct ws_job *job;
    struct ws_sink *sink; /* NULL: this pass gives no values */
    frame_data *frames;   /* of a capture that is dissected twice */
    size_t frames_cap;
    uint8_t *passed; /* by index in frames */
    bool second;
    nstime_t elapsed;
    uint32_t n, cum_bytes;              /* frames so far */
    frame_data ref, prev_dis, prev_cap; /* copies, because a frame_data may be freed after its frame */
};

wtap *capture_open(int fd, const char **message)
{
    static char text[512];
    int err = 0;
    char *info = NULL;
    if (fd != STDIN_FILENO)
        dup3(fd, STDIN_FILENO, 0); /* the jail has no dup2 */
    lseek(STDIN_FILENO, 0, SEEK_SET);
    wtap *wth = wtap_open_offline("-", WTAP_TYPE_AUTO, &err, &info, FALSE);
    if (!wth)
        snprintf(text, sizeof text, "libwireshark cannot read this capture: %s",
                 info ? info : wtap_strerror(err));
    else
        wtap_set_cb_new_secrets(wth, secrets_wtap_callback);
    *message = wth ? NULL : text;
    g_free(info);
    return wth;
}

void transports_decode(bool on)
{
    static const char *const names[] = {"tcp", "udp", "udplite", "sctp", "dccp"};
    static bool off;
    if (off == !on)
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int id = proto_get_id_by_filter_name(names[i]);
        if (id > 0)
            proto_set_decoding(id, on);
    }
    off = !on;
}

/* Whether this pass decides the filter. */
static bool decides(const struct walk *w) { return !ws.twice || w->second == ws.late; }

static void tree_dissect(struct walk *w, struct record *record, epan_dissect_t *edt, frame_data *fd)
{
    struct packet_provider_data *p = &ws.provider;
    proto_tree_set_visible(edt->tree, ws.visible); /* a dissector may have changed it at the frame before */
    if (ws.filter && decides(w))
        epan_dissect_prime_with_dfilter(edt, ws.filter);
    epan_dissect_prime_with_hfid_array(edt, ws.guards);
    if (w->sink)
        epan_dissect_prime_with_hfid_array(edt, ws.hfids);
    frame_data_set_before_dissect(fd, &w->elapsed, &p->ref, p->prev_dis);
    if (p->ref == fd) {
        w->ref = *fd;
        p->ref = &w->ref;
    }
    record_dissect(record, p->wth, edt, fd, w->sink ? ws.columns : NULL);
}

void leave_to_others(const struct ws_job *job, const epan_dissect_t *edt)
{
    if (!ws.reused || !proto_is_frame_protocol(edt->pi.layers, "mpls"))
        return;
    job->page->frame = 0;
    _exit(0);
}

static void frame_dissect(struct walk *w, struct record *record, epan_dissect_t *edt, frame_data *fd)
{
    struct packet_provider_data *p = &ws.provider;
    tree_dissect(w, record, edt, fd);
    leave_to_others(w->job, edt);
    bool passed = w->second && !ws.late ? w->passed[w->n]
                                        : !ws.filter || !decides(w) || dfilter_apply_edt(ws.filter, edt);
    if (passed) {
        frame_data_set_after_dissect(fd, &w->cum_bytes);
        w->prev_dis = *fd;
        p->prev_dis = &w->prev_dis;
    }
    if (passed && w->sink) {
        if (ws.columns)
            epan_dissect_fill_in_columns(edt, FALSE, TRUE);
        w->sink->begin(w->sink, fd->num);
        put_values(w->sink, edt);
        w->sink->end(w->sink);
    }
    if (w->passed)
        w->passed[w->n] = passed;
    w->prev_cap = *fd;
    p->prev_cap = &w->prev_cap;
    epan_dissect_reset(edt);
}

bool is_skipped(const struct ws_job *job, uint32_t frame)
{
    for (uint32_t i = 0; i < job->n_skip; i++)
        if (job->skip[i] == frame)
            return true;
    return false;
}

static uint32_t number_of(const struct walk *w)
{
    volatile struct wire_page *page = w->job->page;
    return w->n < page->n_numbers ? page->numbers[w->n] : w->n + 1;
}

/* Memory for the data of a frame, which is kept when the capture is dissected twice. */
static frame_data *frame_room(struct walk *w, frame_data *once)
{
    if (!ws.twice)
        return once;
    if (w->n == w->frames_cap) {
        w->frames_cap = w->frames_cap * 2 + 1024;
        w->frames = g_renew(frame_data, w->frames, w->frames_cap);
        w->passed = g_renew(uint8_t, w->passed, w->frames_cap);
        ws.provider.frames = w->frames;
    }
    return &w->frames[w->n];
}

/* Times count from the first frame of the whole capture, which may be in the bucket of another process. */
static void reference_frame(struct walk *w)
{
    volatile struct wire_page *page = w->job->page;
    if (!page->n_numbers || page->numbers[0] == 1)
        return;
    w->ref = (frame_data){.num = 1, .has_ts = 1};
    w->ref.abs_ts.secs = (time_t)(page->first_ns / 1000000000);
    w->ref.abs_ts.nsecs = (int)(page->first_ns % 1000000000);
    ws.provider.ref = &w->ref;
}

static void walk_begin(struct walk *w, wtap *wth)
{
    w->n = w->cum_bytes = 0;
    w->elapsed = (nstime_t)NSTIME_INIT_ZERO;
    ws.provider.wth = wth;
    ws.provider.prev_dis = ws.provider.prev_cap = NULL;
    if (w->second)
        return;
    ws.provider.ref = NULL;
    reference_frame(w);
}

void capture_ended(int err, char *info, const char **message)
{
    static char text[512];
    if (err) {
        snprintf(text, sizeof text, "%s", info ? info : wtap_strerror(err));
        *message = text;
    }
    g_free(info);
}

/* Dissects records until the end. *message says why if the capture ends too early. */
static void walk_on(struct walk *w, wtap *wth, const char **message)
{
    struct record record;
    epan_dissect_t *edt = epan_dissect_new(ws.epan, TRUE, ws.visible);
    int err = 0;
    char *info = NULL;
    int64_t offset = 0;
    uint32_t last = w->job->last, n_first = w->second ? ws.provider.n_frames : UINT32_MAX;
    record_init(&record);
    walk_begin(w, wth);
    while (!(last && w->n == last) && w->n < n_first && record_read(&record, wth, &err, &info, &offset)) {
        if (w->job->page->n_numbers && w->n >= w->job->page->n_numbers) {
            w->n++; /* too many frames: the library notices it in the closing record */
            continue;
        }
        frame_data once, *fd = w->second ? &w->frames[w->n] : frame_room(w, &once);
        if (!w->second)
            frame_data_init(fd, number_of(w), &record.rec, offset, w->cum_bytes);
        w->job->page->frame = fd->num;
        if (!is_skipped(w->job, fd->num))
            frame_dissect(w, &record, edt, fd);
        else if (w->passed)
            w->passed[w->n] = false;
        w->n++;
        if (fd == &once)
            frame_data_destroy(fd);
        else if (!w->second)
            ws.provider.n_frames = w->n;
        wtap_rec_reset(&record.rec);
    }
    epan_dissect_free(edt);
    record_free(&record);
    capture_ended(err, info, message);
}

static void walk_again(struct walk *w, struct ws_sink *sink)
{
    const char *ignored; /* the first pass has reported it */
    postseq_cleanup_all_protocols();
    wtap *wth = capture_open(STDIN_FILENO, &ignored);
    if (!wth)
        _exit(1); /* the first pass could open it */
    w->second = true;
    w->sink = sink;
    walk_on(w, wth, &ignored);
    wtap_close(wth);
}

uint32_t ws_run(const struct ws_job *job, struct ws_sink *sink, const char **message)
{
    struct walk w = {.job = job, .sink = ws.twice ? NULL : sink};
    wtap *wth = capture_open(job->fd, message);
    if (!wth)
        return 0;
    transports_decode(true);
    walk_on(&w, wth, message);
    wtap_close(wth);
    if (ws.twice)
        walk_again(&w, sink);
    for (uint32_t i = 0; i < ws.provider.n_frames; i++)
        frame_data_destroy(&w.frames[i]);
    g_free(w.frames);
    g_free(w.passed);
    return w.n;
}
