/* SPDX-License-Identifier: GPL-2.0-or-later
 * Finds where IP lies in frames of link types that the native decoder does not know. Headers up to TCP and
 * UDP are dissected; dissectors above them would only cost time. Invariant: the link type alone decides
 * whether a frame is dissected, and a frame that is not dissected has no record. */
#include "session.h"

#include <wiretap/pcap-encap.h>

struct locating {
    const struct ws_job *job;
    struct ws_sink *sink;
    GArray *wanted; /* ip, ipv6 */
    bool *left_out; /* by encapsulation */
    nstime_t elapsed;
    uint32_t n, cum_bytes;
    frame_data ref, prev; /* copies, because a frame_data is freed after its frame */
};

/* ---- which frames, which headers ---- */

static bool *links_left_out(const struct ws_job *job)
{
    bool *out = g_new0(bool, wtap_get_num_encap_types());
    for (uint32_t i = 0; i < job->n_links; i++) {
        int encap = job->links[i] <= INT32_MAX ? wtap_pcap_encap_to_wtap_encap((int)job->links[i]) : 0;
        if (encap > 0 && encap < wtap_get_num_encap_types())
            out[encap] = true;
    }
    return out;
}

static bool is_left_out(const struct locating *l, const wtap_rec *rec)
{
    if (rec->rec_type != REC_TYPE_PACKET)
        return true;
    int encap = rec->rec_header.packet_header.pkt_encap;
    return encap <= 0 || encap >= wtap_get_num_encap_types() || l->left_out[encap];
}

static void want(GArray *wanted, const char *name)
{
    int id = proto_get_id_by_filter_name(name);
    if (id > 0)
        g_array_append_val(wanted, id);
}

/* ---- a frame ---- */

static bool is_wanted(const struct locating *l, const field_info *fi)
{
    for (unsigned i = 0; fi && i < l->wanted->len; i++)
        if (fi->hfinfo->id == g_array_index(l->wanted, int, i))
            return true;
    return false;
}

/* The first IP header of the tree, parents before children. */
static field_info *find_ip(const struct locating *l, const proto_node *root)
{
    const proto_node *node = root->first_child;
    while (node && !is_wanted(l, node->finfo))
        node = tree_next(root, node);
    return node ? node->finfo : NULL;
}

/* Whether a protocol has dissected the frame. `data` and the link types for users' own purposes do not count.
 */
static bool is_known(const epan_dissect_t *edt)
{
    static const char *const none[] = {"frame", "data", "user_dlt"};
    for (wmem_list_frame_t *at = wmem_list_head(edt->pi.layers); at; at = wmem_list_frame_next(at)) {
        const char *name = proto_get_protocol_filter_name(GPOINTER_TO_INT(wmem_list_frame_data(at)));
        bool some = name != NULL;
        for (size_t i = 0; some && i < sizeof none / sizeof *none; i++)
            some = strcmp(name, none[i]) != 0;
        if (some)
            return true;
    }
    return false;
}

static void put_ip(struct ws_sink *sink, const field_info *fi)
{
    uint32_t from = (uint32_t)fi->start, cap = tvb_captured_length(fi->ds_tvb),
             len = tvb_reported_length(fi->ds_tvb);
    if (fi->start >= 0 && from < cap)
        sink->value(sink, WIRE_LOCATED_IP, len - from, tvb_get_ptr(fi->ds_tvb, fi->start, (int)(cap - from)),
                    cap - from);
}

static void tell(struct locating *l, const frame_data *fd, epan_dissect_t *edt)
{
    const field_info *fi = find_ip(l, edt->tree);
    if (!fi && !is_known(edt))
        return;
    l->sink->begin(l->sink, fd->num);
    l->sink->value(l->sink, WIRE_LOCATED_LEN, fd->pkt_len, NULL, 0);
    l->sink->value(l->sink, WIRE_LOCATED_TIME,
                   (uint64_t)fd->abs_ts.secs * 1000000000 + (uint64_t)fd->abs_ts.nsecs, NULL, 0);
    l->sink->value(l->sink, WIRE_LOCATED_APART, conversation_is_set(&edt->pi), NULL, 0);
    if (fi && fi->ds_tvb)
        put_ip(l->sink, fi);
    l->sink->end(l->sink);
}

static void locate(struct locating *l, struct record *record, int64_t offset, epan_dissect_t *edt)
{
    struct packet_provider_data *p = &ws.provider;
    frame_data fd;
    frame_data_init(&fd, l->n, &record->rec, offset, l->cum_bytes);
    proto_tree_set_visible(edt->tree, FALSE);
    epan_dissect_prime_with_hfid_array(edt, l->wanted);
    if (ws.guards)
        epan_dissect_prime_with_hfid_array(edt, ws.guards);
    frame_data_set_before_dissect(&fd, &l->elapsed, &p->ref, p->prev_dis);
    if (p->ref == &fd) {
        l->ref = fd;
        p->ref = &l->ref;
    }
    record_dissect(record, p->wth, edt, &fd, NULL);
    leave_to_others(l->job, edt);
    tell(l, &fd, edt);
    frame_data_set_after_dissect(&fd, &l->cum_bytes);
    l->prev = fd;
    p->prev_dis = p->prev_cap = &l->prev;
    epan_dissect_reset(edt);
    frame_data_destroy(&fd);
}

/* ---- a capture ---- */

static void walk(struct locating *l, wtap *wth, const char **message)
{
    struct record record;
    epan_dissect_t *edt = epan_dissect_new(ws.epan, TRUE, FALSE);
    int err = 0;
    char *info = NULL;
    int64_t offset = 0;
    record_init(&record);
    while (!(l->job->last && l->n == l->job->last) && record_read(&record, wth, &err, &info, &offset)) {
        l->job->page->frame = ++l->n;
        if (!is_left_out(l, &record.rec) && !is_skipped(l->job, l->n))
            locate(l, &record, offset, edt);
        wtap_rec_reset(&record.rec);
    }
    epan_dissect_free(edt);
    record_free(&record);
    capture_ended(err, info, message);
}

uint32_t ws_locate(const struct ws_job *job, struct ws_sink *sink, const char **message)
{
    struct locating l = {.job = job, .sink = sink};
    wtap *wth = capture_open(job->fd, message);
    if (!wth)
        return 0;
    transports_decode(false);
    l.left_out = links_left_out(job);
    l.wanted = g_array_new(FALSE, FALSE, sizeof(int));
    want(l.wanted, "ip");
    want(l.wanted, "ipv6");
    ws.provider.wth = wth;
    walk(&l, wth, message);
    wtap_close(wth);
    g_array_free(l.wanted, TRUE);
    g_free(l.left_out);
    return l.n;
}
