/* SPDX-License-Identifier: GPL-2.0-or-later
 * Lists all fields that libwireshark knows, one entry for each name, and the old names of protocols that it
 * still understands. libwireshark cannot list old names; they were found by asking 4.0.17 for every word in
 * its files.
 */
#include "session.h"

static void take(const struct ws_catalog *c, const header_field_info *hf)
{
    struct ws_field united = field_describe(hf);
    if (hf->same_name_prev_id != -1) /* one entry for each name, made at the first field of that name */
        return;
    for (const header_field_info *next = hf->same_name_next; next; next = next->same_name_next) {
        struct ws_field f = field_describe(next);
        field_unite(&united, &f);
    }
    c->field(c->to, hf->abbrev, ftype_name(hf->type), &united);
}

static void take_column(const struct ws_catalog *c, const char *title)
{
    static const struct ws_field field = {.type = WIRE_STRING, .description = "Column of the packet list"};
    char name[128];
    if (!title || snprintf(name, sizeof name, "_ws.col.%s", title) >= (int)sizeof name)
        return;
    if (!proto_registrar_get_byname(name)) /* newer releases list columns among the fields */
        c->field(c->to, name, "FT_STRING", &field);
}

/* Whether some field of protocol `today` is found under the old name. */
static bool is_old_name(const char *old, const char *today)
{
    void *cookie;
    int protocol = proto_get_id_by_filter_name(today);
    size_t n = strlen(today);
    const header_field_info *hf = protocol == -1 ? NULL : proto_get_first_protocol_field(protocol, &cookie);
    for (; hf; hf = proto_get_next_protocol_field(protocol, &cookie)) {
        char name[256];
        if (strncmp(hf->abbrev, today, n) || hf->abbrev[n] != '.')
            continue;
        snprintf(name, sizeof name, "%s%s", old, hf->abbrev + n);
        return proto_registrar_get_byalias(name) != NULL;
    }
    return false;
}

void ws_catalog(const struct ws_catalog *c)
{
    static const char *const old[][2] = {{"ssl", "tls"}, {"bootp", "dhcp"}, {"nm", "autosar-nm"}};
    void *protocols, *fields;
    for (int p = proto_get_first_protocol(&protocols); p != -1; p = proto_get_next_protocol(&protocols)) {
        take(c, proto_registrar_get_nth((unsigned)p));
        header_field_info *hf = proto_get_first_protocol_field(p, &fields);
        for (; hf; hf = proto_get_next_protocol_field(p, &fields))
            take(c, hf);
    }
    for (int i = 0; i < prefs.num_cols; i++)
        take_column(c, get_column_title(i));
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (is_old_name(old[i][0], old[i][1]))
            c->old_name(c->to, old[i][0], old[i][1]);
}
