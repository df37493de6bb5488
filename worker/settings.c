/* SPDX-License-Identifier: GPL-2.0-or-later
 * Invariant: a rule of decode-as takes effect as a whole or is refused. */
#include "settings.h"

#include "session.h"

/* A key log's content goes to the dissectors as a secret: jailed processes open no files. */
static bool take_keylog(const char *path, struct ws_refusal *r)
{
    char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return refuse(r, WIRE_USAGE, "key log %s cannot be read", path);
    if (ws.keylog && *ws.keylog)
        ws.keylog = g_strconcat(ws.keylog, "\n", text, NULL);
    else
        ws.keylog = text;
    return true;
}

/* Preferences that would have no effect: files that a jailed process cannot open, and other columns. */
static bool is_refused(const char *text)
{
    static const char *const files[] = {"_file", ".file", "keytab"};
    size_t n = strcspn(text, ":");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (n >= strlen(files[i]) && !strncmp(text + n - strlen(files[i]), files[i], strlen(files[i])))
            return true;
    return !strncmp(text, "gui.column.format", n);
}

static bool take_preference(const char *text, struct ws_refusal *r)
{
    static const char *const keylogs[] = {"tls.keylog_file:", "ssl.keylog_file:"};
    for (size_t i = 0; i < sizeof keylogs / sizeof *keylogs; i++)
        if (!strncmp(text, keylogs[i], strlen(keylogs[i])))
            return take_keylog(text + strlen(keylogs[i]) + strspn(text + strlen(keylogs[i]), " "), r);
    if (is_refused(text))
        return refuse(r, WIRE_USAGE,
                      "preference \"%s\" is not supported: it names a file to be opened while "
                      "packets are dissected, or changes the columns",
                      text);
    char *copy = g_strdup(text), *why = NULL; /* prefs_set_pref changes it */
    prefs_set_pref_e done = prefs_set_pref(copy, &why);
    g_free(copy);
    if (done == PREFS_SET_SYNTAX_ERR)
        refuse(r, WIRE_USAGE, "preference \"%s\" is not of the form name:value, or has no such value", text);
    else if (done != PREFS_SET_OK && done != PREFS_SET_OBSOLETE)
        refuse(r, WIRE_USAGE, "Wireshark knows no preference \"%s\"", text);
    g_free(why);
    return done == PREFS_SET_OK || done == PREFS_SET_OBSOLETE;
}

/* ---- decode-as: TABLE==SELECTOR,PROTOCOL; SELECTOR a number, N:COUNT, FROM-TO or a text ---- */

static dissector_handle_t find_handle(dissector_table_t table, const char *protocol)
{
    GSList *all = dissector_table_get_dissector_handles(table);
    dissector_handle_t found = NULL;
    for (GSList *item = all; item && !found; item = item->next) {
        int index = dissector_handle_get_protocol_index((dissector_handle_t)item->data);
        const char *name = index >= 0 ? proto_get_protocol_filter_name(index) : NULL;
        if (name && !strcmp(name, protocol))
            found = (dissector_handle_t)item->data;
    }
    g_slist_free(all);
    return found;
}

static bool numbers_of(const char *text, uint32_t *from, uint32_t *n)
{
    char *end;
    unsigned long first = strtoul(text, &end, 0), second = 0;
    char sign = *end;
    if (end == text || first > UINT32_MAX)
        return false;
    if (sign == ':' || sign == '-')
        second = strtoul(end + 1, &end, 0);
    *from = (uint32_t)first;
    *n = sign == ':' ? (uint32_t)second : sign == '-' ? (uint32_t)(second - first + 1) : 1;
    return !*end && (!sign || (sign == '-' ? second >= first : second > 0)) && *n <= 65536;
}

static bool change(const char *name, dissector_table_t table, const char *selector, dissector_handle_t handle)
{
    uint32_t from, n;
    if (IS_FT_STRING(dissector_table_get_type(table))) {
        dissector_change_string(name, selector, handle);
        return true;
    }
    if (!IS_FT_UINT(dissector_table_get_type(table)) || !numbers_of(selector, &from, &n))
        return false;
    for (uint32_t i = 0; i < n; i++)
        dissector_change_uint(name, from + i, handle);
    return true;
}

static bool take_rule(const char *rule, struct ws_refusal *r)
{
    char **halves = g_strsplit(rule, "==", 2),
         *comma = halves[0] && halves[1] ? strrchr(halves[1], ',') : NULL;
    dissector_table_t table = comma ? find_dissector_table(g_strstrip(halves[0])) : NULL;
    bool ok = false;
    if (!comma)
        refuse(r, WIRE_USAGE, "decode-as \"%s\" is not of the form table==selector,protocol", rule);
    else if (!table)
        refuse(r, WIRE_USAGE, "decode-as \"%s\": Wireshark has no such table", rule);
    if (table) {
        *comma = 0;
        dissector_handle_t handle = find_handle(table, g_strstrip(comma + 1));
        ok = handle && change(halves[0], table, g_strstrip(halves[1]), handle);
        if (!handle)
            refuse(r, WIRE_USAGE, "decode-as \"%s\": the table has no such protocol", rule);
        else if (!ok)
            refuse(r, WIRE_USAGE, "decode-as \"%s\": the table has no such selector", rule);
    }
    g_strfreev(halves);
    return ok;
}

/* ---- protocols and heuristics that are turned on or off: OPTION:NAME, with the option's name in tshark ----
 */

static bool switch_protocol(const char *name, bool on, struct ws_refusal *r)
{
    int id = proto_get_id_by_filter_name(name);
    if (id == -1)
        return refuse(r, WIRE_USAGE, "Wireshark knows no protocol \"%s\"", name);
    if (on)
        proto_enable_proto_by_name(name);
    else
        proto_disable_proto_by_name(name);
    if (proto_is_protocol_enabled(find_protocol_by_id(id)) == on)
        return true;
    return refuse(r, WIRE_USAGE,
                  on ? "Wireshark cannot turn the protocol \"%s\" on"
                     : "Wireshark cannot turn the protocol \"%s\" off",
                  name);
}

static bool switch_heuristic(const char *name, bool on, struct ws_refusal *r)
{
    return heuristic_switch(name, on) || refuse(r, WIRE_USAGE, "Wireshark knows no heuristic \"%s\"", name);
}

/* In the order of tshark, which does not depend on the order of the options. */
static bool take_dissectors(const struct ws_list *dissectors, struct ws_refusal *r)
{
    static const struct {
        const char *option;
        bool (*turn)(const char *name, bool on, struct ws_refusal *r);
        bool on;
    } kinds[] = {{"disable-protocol:", switch_protocol, false},
                 {"enable-protocol:", switch_protocol, true},
                 {"enable-heuristic:", switch_heuristic, true},
                 {"disable-heuristic:", switch_heuristic, false}};
    uint32_t n_taken = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (uint32_t i = 0; i < dissectors->n; i++) {
            size_t n = strlen(kinds[k].option);
            if (strncmp(dissectors->texts[i], kinds[k].option, n))
                continue;
            n_taken++;
            if (!kinds[k].turn(dissectors->texts[i] + n, kinds[k].on, r))
                return false;
        }
    return n_taken == dissectors->n ||
           refuse(r, WIRE_USAGE,
                  "%s: a protocol is turned on or off by enable-protocol:NAME, disable-protocol:NAME, "
                  "enable-heuristic:NAME or disable-heuristic:NAME",
                  "dissectors");
}

bool settings_take(const struct ws_question *q, struct ws_refusal *r)
{
    for (uint32_t i = 0; i < q->preferences.n; i++)
        if (!take_preference(q->preferences.texts[i], r))
            return false;
    prefs_apply_all();
    for (uint32_t i = 0; i < q->decode_as.n; i++)
        if (!take_rule(q->decode_as.texts[i], r))
            return false;
    return take_dissectors(&q->dissectors, r);
}
