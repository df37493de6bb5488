/* Reads tests/cases/tcp_analysis.txt, which holds answers of tshark as text, and compares them with
 * conversations and analysis. */
#include "flow/conv.h"
#include "flow/tcp_analysis.h"

#include "test.h"

enum { ISN_A = 1000, ISN_B = 5000 };

/* The analysis treats a time of 0 as no time, so times begin here. */
#define EPOCH (INT64_C(1700000000) * 1000000000)

struct expectation {
    double time;
    bool back;
    uint8_t flags;
    uint32_t seq, ack, len, window;
    uint32_t analysis, dup, stream;
};

static const struct {
    const char *word;
    uint32_t flag;
} words[] = {
    {"RET", TCP_RETRANSMISSION},
    {"FAST", TCP_RETRANSMISSION | TCP_FAST_RETRANSMISSION},
    {"SPUR", TCP_RETRANSMISSION | TCP_SPURIOUS_RETRANSMISSION},
    {"OOO", TCP_OUT_OF_ORDER},
    {"LOST", TCP_LOST_SEGMENT},
    {"ACKLOST", TCP_ACK_LOST_SEGMENT},
    {"ZW", TCP_ZERO_WINDOW},
    {"ZWP", TCP_ZERO_WINDOW_PROBE},
    {"ZWPA", TCP_ZERO_WINDOW_PROBE_ACK},
    {"WU", TCP_WINDOW_UPDATE},
    {"WF", TCP_WINDOW_FULL},
    {"KA", TCP_KEEP_ALIVE},
    {"KAA", TCP_KEEP_ALIVE_ACK},
    {"REUSED", TCP_REUSED_PORTS},
};

static bool parse_word(struct expectation *e, const char *word)
{
    if (sscanf(word, "DUP#%u", &e->dup) == 1) {
        e->analysis |= TCP_DUPLICATE_ACK;
        return true;
    }
    if (sscanf(word, "st%u", &e->stream) == 1)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].word, word)) {
            e->analysis |= words[i].flag;
            return true;
        }
    return false;
}

static uint8_t parse_flags(const char *text)
{
    uint8_t flags = 0;
    for (; *text; text++)
        flags |= *text == 'S'   ? 2
                 : *text == 'A' ? 16
                 : *text == 'P' ? 8
                 : *text == 'F' ? 1
                 : *text == 'R' ? 4
                                : 0;
    return flags;
}

/* Parses "1.5>PA 1/1+10w0@90000 [RET,ZW]". */
static bool parse_packet(struct expectation *e, char *text)
{
    char direction, flags[8] = "", *end;
    *e = (struct expectation){.window = 1000};
    e->time = strtod(text, &end);
    if (sscanf(end, "%c%7[SAPFR]", &direction, flags) != 2)
        return false;
    e->back = direction == '<';
    e->flags = parse_flags(flags);
    char *p = end + 1 + strlen(flags);
    long seq = strtol(p, &p, 10), ack = *p == '/' ? strtol(p + 1, &p, 10) : -1;
    e->len = *p == '+' ? (uint32_t)strtol(p + 1, &p, 10) : 0;
    if (*p == 'w')
        e->window = (uint32_t)strtol(p + 1, &p, 10);
    uint32_t mine = e->back ? ISN_B : ISN_A, other = e->back ? ISN_A : ISN_B;
    if (*p == '@')
        mine = (uint32_t)strtol(p + 1, &p, 10);
    e->seq = mine + (uint32_t)seq;
    e->ack = ack >= 0 ? other + (uint32_t)ack : 0;
    char *open = strchr(p, '['), *close = open ? strchr(open, ']') : NULL;
    if (!open)
        return true;
    *close = 0;
    char *save;
    for (char *word = strtok_r(open + 1, ",", &save); word; word = strtok_r(NULL, ",", &save))
        if (!parse_word(e, word))
            return false;
    return true;
}

static void put32(uint8_t *p, uint32_t u)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(u >> (24 - 8 * i));
}

/* Writes the packet as bytes: IPv4 20, TCP 20; its payload is not captured. */
static void build(uint8_t out[40], const struct expectation *e)
{
    static const uint8_t ip[20] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6};
    memcpy(out, ip, 20);
    uint32_t total = 40 + e->len;
    out[2] = (uint8_t)(total >> 8);
    out[3] = (uint8_t)total;
    put32(out + 12, e->back ? 0x0a000002 : 0x0a000001);
    put32(out + 16, e->back ? 0x0a000001 : 0x0a000002);
    put32(out + 20, e->back ? 443u << 16 | 40000 : 40000u << 16 | 443);
    put32(out + 24, e->seq);
    put32(out + 28, e->ack);
    put32(out + 32, 0x50000000u | (uint32_t)e->flags << 16 | e->window);
    put32(out + 36, 0);
}

static bool run_packet(struct conv_table *table, uint32_t number, const struct expectation *e,
                       const char *where)
{
    static const struct capture_interface raw = {.link_type = 101, .fcs_len = -1};
    uint8_t bytes[40];
    build(bytes, e);
    struct frame frame = {.data = bytes,
                          .cap_len = 40,
                          .len = 40 + e->len,
                          .number = number,
                          .interface = &raw,
                          .has_time = true,
                          .time_ns = EPOCH + (int64_t)(e->time * 1e9 + 0.5)};
    struct packet packet;
    decode_frame(&packet, &frame);
    const struct layer *layer = &packet.layers[packet.n_layers - 1];
    struct conv_ref ref;
    struct tcp_segment segment;
    if (layer->kind != LAYER_TCP || !conv_find(table, &packet, layer, &ref) ||
        !tcp_segment_read(&segment, &packet, layer))
        return false;
    struct tcp_state only, *state = ref.conv->tcp;
    if (!state) { /* the first packet, in a brief table */
        tcp_state_init(&only);
        state = &only;
        conv_keep_first(table, &ref, &segment);
    }
    struct tcp_result result = tcp_analyze(state, ref.direction, &segment);
    uint32_t flags = result.flags | (ref.reused_ports ? TCP_REUSED_PORTS : 0);
    bool same = flags == e->analysis && result.dup_num == e->dup && ref.conv->stream == e->stream;
    if (!same)
        printf("%s packet %u: flags %#x not %#x, dup %u not %u, stream %u not %u\n", where, number, flags,
               e->analysis, result.dup_num, e->dup, ref.conv->stream, e->stream);
    return same;
}

TEST(vectors)
{
    FILE *file = fopen(FC_SOURCE_DIR "/tests/cases/tcp_analysis.txt", "r");
    CHECK(file != NULL);
    static char line[8192];
    int n_vectors = 0;
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':'), *save;
        if (line[0] == '#' || !colon)
            continue;
        *colon = 0;
        n_vectors++;
        struct conv_table table = {0}, brief = {.brief = true};
        uint32_t number = 0;
        for (char *text = strtok_r(colon + 1, ";\n", &save); text; text = strtok_r(NULL, ";\n", &save)) {
            struct expectation e;
            CHECK(parse_packet(&e, text));
            CHECK(run_packet(&table, ++number, &e, line));
            CHECK(run_packet(&brief, number, &e, line));
        }
        conv_free(&table);
        conv_free(&brief);
    }
    if (file)
        fclose(file);
    CHECK_INT(n_vectors, 27);
}

/* A difference of exactly 2^31 counts as after and as before. */
TEST(half_way)
{
    struct conv_table table = {0};
    struct expectation first = {.flags = 24, .seq = 1000, .ack = 5000, .len = 10, .window = 1000};
    struct expectation second = first;
    second.time = 1;
    second.seq = 1010 + 0x80000000u;
    second.analysis = TCP_LOST_SEGMENT | TCP_RETRANSMISSION;
    CHECK(run_packet(&table, 1, &first, "half way"));
    CHECK(run_packet(&table, 2, &second, "half way"));
    conv_free(&table);
}
