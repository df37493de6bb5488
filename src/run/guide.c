/* Invariant: a change that Wireshark's preferences, decode-as rules and switches of protocols make to the
 * headers of a frame is followed here or is left to the walk, which compares with libwireshark and refuses a
 * capture with other headers. */
#include "run/guide.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/ports.h"
#include "base/rules.h"
#include "shark/start.h"

static const char *const asked_names[N_GUIDE_SLOTS] = {
    [GUIDE_TCP_STREAM] = "tcp.stream",
    [GUIDE_UDP_STREAM] = "udp.stream",
    [GUIDE_RETRANSMISSION] = "tcp.analysis.retransmission",
    [GUIDE_OUT_OF_ORDER] = "tcp.analysis.out_of_order",
    [GUIDE_REASSEMBLED] = "tcp.reassembled.length",
    [GUIDE_PROTOCOLS] = "frame.protocols",
};

/* ---- rules that the native decoder follows ---- */

/* A rule "udp.port==FIRST,PROTOCOL", also with FIRST-LAST or FIRST:COUNT. Protocols that are no tunnels of
 * the native decoder own the port unread. Other tables than UDP's ports: false. */
static bool take_port(struct port_rule *out, const char *text)
{
    static const struct {
        const char *name;
        enum port_owner owner;
    } tunnels[] = {{"vxlan", OWNER_VXLAN}, {"geneve", OWNER_GENEVE}, {"gtp", OWNER_GTPU},
                   {"l2tp", OWNER_L2TP},   {"teredo", OWNER_TEREDO}, {"gre", OWNER_GRE},
                   {"lisp", OWNER_LISP},   {"mpls", OWNER_MPLS}};
    char *end;
    text += strspn(text, " ");
    if (strncmp(text, "udp.port", 8))
        return false;
    text += 8 + strspn(text + 8, " ");
    if (strncmp(text, "==", 2))
        return false;
    unsigned long first = strtoul(text + 2, &end, 0), last = first;
    if (*end == '-')
        last = strtoul(end + 1, &end, 0);
    else if (*end == ':')
        last = first + strtoul(end + 1, &end, 0) - 1;
    end += strspn(end, " ");
    if (*end != ',' || last < first || last > UINT16_MAX)
        return false;
    end += 1 + strspn(end + 1, " ");
    *out = (struct port_rule){(uint16_t)first, (uint16_t)last, OWNER_UNREAD};
    for (size_t i = 0; i < sizeof tunnels / sizeof *tunnels; i++)
        if (!strncmp(end, tunnels[i].name, strlen(tunnels[i].name)) && !end[strlen(tunnels[i].name)])
            out->owner = (uint8_t)tunnels[i].owner;
    return true;
}

/* The value of a preference: the last one of this name, or the default. */
static bool is_on(const struct fc_options *o, const char *name, bool by_default)
{
    size_t len = strlen(name);
    bool is = by_default;
    for (size_t i = 0; i < o->n_preferences; i++) {
        const char *value = o->preferences[i] + len;
        if (!strncmp(o->preferences[i], name, len) && *value == ':')
            is = !strncasecmp(value + 1 + strspn(value + 1, " "), "true", 4);
    }
    return is;
}

static struct decode_rules *rules_make(const struct fc_options *o)
{
    struct decode_rules *rules = memory_zero(1, sizeof *rules + o->n_decode_as * sizeof *rules->ports);
    if (rules)
        *rules = (struct decode_rules){.ip6_tso = is_on(o, "ipv6.tso_support", false),
                                       .ip4_apart = !is_on(o, "ip.defragment", true),
                                       .ip6_apart = !is_on(o, "ipv6.defragment", true)};
    for (size_t i = 0; rules && i < o->n_decode_as; i++)
        rules->n_ports += take_port(&rules->ports[rules->n_ports], o->decode_as[i]);
    return rules;
}

/* ---- the question ---- */

static enum fc_status ask(struct query *q, const struct fc_options *asked, struct fc_error *err)
{
    shark_watch(q->guide->shark, &(struct message_stop){asked->interrupted, asked->interrupted_context});
    enum fc_status status = shark_start(q->guide->shark, err);
    return status ? status : shark_ask(q->guide->shark, asked, NULL, q->guide->fields, err);
}

enum fc_status guide_plan(struct query *q, const struct fc_options *o, bool is_other_release,
                          struct fc_error *err)
{
    struct query *guide = q->guide = memory_zero(1, sizeof *guide);
    if (!guide || !(guide->fields = memory_zero(N_GUIDE_SLOTS, sizeof *guide->fields)))
        return error_memory(err);
    for (size_t i = 0; i < N_GUIDE_NUMBERS; i++)
        guide->fields[i] = field_table[field_find(asked_names[i])];
    bool has_rules = o->n_preferences || o->n_decode_as || o->n_dissectors;
    /* Where libwireshark of another release answers the fields, the flows are that release's, too. */
    q->is_guided = has_rules || is_other_release;
    q->keeps_completions =
        o->level == FC_LEVEL_FLOWS && q->n_fields && is_on(o, "tcp.reassemble_out_of_order", false);
    struct fc_options asked = *o;
    asked.fields = asked_names;
    asked.n_fields = guide->n_fields = q->keeps_completions ? N_GUIDE_SLOTS : N_GUIDE_NUMBERS;
    asked.filter = NULL;
    asked.passes = FC_PASSES_ONE;
    guide->engine = ENGINE_WIRESHARK;
    guide->release = q->release;
    guide->children = 1;
    guide->options = (struct fc_options){.max_frames = o->max_frames, .max_memory = o->max_memory};
    if (!(guide->shark = shark_new(&asked)) || (has_rules && !(q->rules = rules_make(o))))
        return error_memory(err);
    return q->is_guided ? ask(q, &asked, err) : FC_OK;
}

void guide_forget(struct query *q)
{
    memory_free(q->rules);
    q->rules = NULL;
    if (!q->guide)
        return;
    shark_free(q->guide->shark);
    memory_free(q->guide->fields);
    memory_free(q->guide);
    q->guide = NULL;
}
