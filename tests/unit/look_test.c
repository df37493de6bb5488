/* One frame from all sides, on frames that the test builds: layers, the flow's layer, reasons, values of a
 * few headers, values at fixed places, lengths. */
#include "field/ids_all.h"
#include "frames.h"
#include "look/emit.h"
#include "look/measure.h"
#include "values.h"

static struct examiner examiner;
static struct memory_state memory;
static struct examined x;
static struct frame frame;
static uint32_t number;

static void begin(uint32_t protocols)
{
    examiner_free(&examiner);
    examiner_init(&examiner, &memory);
    examiner.protocols = protocols;
    number = 0;
}

static void look_at(const struct frame_bytes *bytes, int64_t time_ns)
{
    frame = frame_of(bytes, ++number, time_ns);
    examine(&examiner, &frame, &x);
    CHECK(!memory.ended);
}

static void end(void) { examiner_free(&examiner); }

/* ---- examine ---- */

/* UDP in IP in GRE in IP. */
static struct frame_bytes tunnel(void)
{
    struct frame_bytes f = payload("payload");
    udp(&f, 40000, 2000);
    ip4(&f, NUMBER_UDP);
    gre(&f);
    ip4(&f, NUMBER_GRE);
    eth(&f, TYPE_IP4);
    return f;
}

TEST(layers_stand_outermost_first)
{
    static const uint8_t kinds[] = {LAYER_ETH, LAYER_IP4, LAYER_GRE, LAYER_IP4, LAYER_UDP};
    struct frame_bytes f = tunnel();
    begin(0);
    look_at(&f, 0);
    CHECK_INT(x.packet.n_layers, 5);
    for (int i = 0; i < 5; i++)
        CHECK_INT(x.packet.layers[i].kind, kinds[i]);
    CHECK_INT(x.packet.layers[4].net, 3);
    CHECK_INT(x.packet.layers[4].data - f.data, 14 + 20 + 4 + 20);
    end();
}

TEST(the_flow_is_the_innermost_or_the_outermost_conversation)
{
    struct frame_bytes f = tunnel();
    begin(FC_UDP | FC_GRE);
    look_at(&f, 0);
    CHECK_INT(examined_flow_layer(&x, FC_UDP | FC_GRE, FC_TUNNEL_INNER), 4);
    CHECK_INT(examined_flow_layer(&x, FC_UDP | FC_GRE, FC_TUNNEL_OUTER), 2);
    CHECK_INT(examined_flow_layer(&x, FC_UDP, FC_TUNNEL_OUTER), 4);
    CHECK_INT(examined_flow_layer(&x, FC_TCP, FC_TUNNEL_INNER), -1);
    begin(FC_UDP); /* no conversations of GRE */
    look_at(&f, 0);
    CHECK_INT(examined_flow_layer(&x, FC_UDP | FC_GRE, FC_TUNNEL_OUTER), 4);
    end();
}

TEST(a_quoted_header_is_no_flow)
{
    struct frame_bytes f = payload("");
    udp(&f, 40000, 2000);
    ip4(&f, NUMBER_UDP);
    icmp_error(&f);
    ip4(&f, NUMBER_ICMP);
    eth(&f, TYPE_IP4);
    begin(FC_UDP);
    look_at(&f, 0);
    CHECK(x.packet.has_icmp && x.packet.layers[x.packet.n_layers - 1].quoted);
    int layer = examined_flow_layer(&x, FC_UDP, FC_TUNNEL_INNER);
    CHECK_INT(layer, -1);
    CHECK_INT(examined_reason(&x, layer, FC_DROP_DEFAULT), REASON_ICMP);
    CHECK_INT(examined_reason(&x, layer, 0), REASON_ICMP);
    end();
}

/* Of several reasons the first one in the order of the report counts. */
TEST(reasons_in_their_order)
{
    struct frame_bytes f = udp_frame(5353, 5353, "a message of mDNS");
    begin(FC_UDP);
    look_at(&f, 0);
    int layer = examined_flow_layer(&x, FC_UDP, FC_TUNNEL_INNER);
    CHECK_INT(examined_reason(&x, layer, FC_DROP_DEFAULT), REASON_MDNS);
    x.packet.has_icmp = true;
    x.tcp_flags = TCP_RETRANSMISSION | TCP_OUT_OF_ORDER;
    uint32_t drop = FC_DROP_DEFAULT;
    CHECK_INT(examined_reason(&x, layer, drop), REASON_ICMP);
    drop &= ~(uint32_t)FC_DROP_ICMP;
    CHECK_INT(examined_reason(&x, layer, drop), REASON_RETRANSMISSION);
    drop &= ~(uint32_t)FC_DROP_RETRANSMISSION;
    CHECK_INT(examined_reason(&x, layer, drop), REASON_OUT_OF_ORDER);
    drop &= ~(uint32_t)FC_DROP_OUT_OF_ORDER;
    CHECK_INT(examined_reason(&x, layer, drop), REASON_MDNS);
    drop &= ~(uint32_t)FC_DROP_MDNS;
    CHECK_INT(examined_reason(&x, layer, drop), REASON_KEPT);
    CHECK_INT(examined_reason(&x, -1, drop), REASON_OTHER_PROTOCOL);
    f = udp_frame(40000, 1900, "NOTIFY * HTTP/1.1\r\n\r\n");
    look_at(&f, 0);
    CHECK_INT(examined_reason(&x, 2, FC_DROP_SSDP), REASON_SSDP);
    CHECK_INT(examined_reason(&x, 2, FC_DROP_MDNS), REASON_KEPT);
    end();
}

TEST(frames_without_a_flow)
{
    struct frame_bytes arp = payload("something else"), cut = udp_frame(40000, 2000, "");
    eth(&arp, TYPE_ARP);
    begin(FC_UDP);
    look_at(&arp, 0);
    CHECK_INT(examined_reason(&x, examined_flow_layer(&x, FC_UDP, FC_TUNNEL_INNER), 0), REASON_NOT_IP);
    frame = frame_of(&cut, ++number, 0);
    frame.cap_len = 14 + 20 + 2; /* the captured bytes end inside the ports */
    examine(&examiner, &frame, &x);
    CHECK_INT(examined_reason(&x, examined_flow_layer(&x, FC_UDP, FC_TUNNEL_INNER), 0), REASON_CUT);
    end();
}

/* A segment that is seen again after the peer's RTT is a retransmission. */
TEST(tcp_analysis_reaches_the_reason)
{
    struct frame_bytes data = tcp_frame(false, 1000, 1, ACK, "0123456789"),
                       more = tcp_frame(false, 1010, 1, ACK, "more");
    begin(FC_TCP);
    look_at(&data, 0);
    CHECK_INT(examined_reason(&x, 2, FC_DROP_DEFAULT), REASON_KEPT);
    look_at(&more, 1000000);
    CHECK_INT(examined_reason(&x, 2, FC_DROP_DEFAULT), REASON_KEPT);
    look_at(&data, 1000000000);
    CHECK(x.tcp_flags & TCP_RETRANSMISSION);
    CHECK_INT(examined_reason(&x, 2, FC_DROP_DEFAULT), REASON_RETRANSMISSION);
    CHECK_INT(x.transports[2].ref.conv->stream, 0);
    end();
}

static struct frame_bytes fragment(const char *text, bool first)
{
    struct frame_bytes f = payload(text);
    if (first)
        udp(&f, 40000, 2000);
    set16(f.data + 4, first ? 24 : 0); /* the length in the header of UDP is that of the whole datagram */
    if (!first)
        memcpy(f.data, text, 8);
    ip4_fragment(&f, NUMBER_UDP, first ? MORE_FRAGMENTS : 16 / 8);
    eth(&f, TYPE_IP4);
    return f;
}

TEST(the_frame_that_completes_a_datagram_has_its_layers)
{
    struct frame_bytes first = fragment("01234567", true), last = fragment("89abcdef", false);
    begin(FC_UDP);
    look_at(&first, 0);
    CHECK(x.fragment_pending && !x.n_datagrams);
    CHECK_INT(examined_flow_layer(&x, FC_UDP, FC_TUNNEL_INNER), -1);
    CHECK_INT(examined_reason(&x, -1, 0), REASON_FRAGMENT_INCOMPLETE);
    look_at(&last, 0);
    CHECK(!x.fragment_pending);
    CHECK_INT(x.n_datagrams, 1);
    CHECK_INT(x.datagram_net[0], 1);
    CHECK_INT(x.datagrams[0].n_frames, 2);
    CHECK_INT(x.datagrams[0].len, 24);
    int layer = examined_flow_layer(&x, FC_UDP, FC_TUNNEL_INNER);
    CHECK(layer == 2 && x.packet.layers[2].reassembled);
    CHECK(!memcmp(x.packet.layers[2].data + 8, "0123456789abcdef", 16));
    end();
}

/* A second capture begins with stream 0 and without the fragments of the first. */
TEST(a_reset_forgets_the_capture)
{
    struct frame_bytes one = udp_frame(40000, 2000, "a"), two = udp_frame(40001, 2000, "a"),
                       first = fragment("01234567", true), last = fragment("89abcdef", false);
    begin(FC_UDP);
    look_at(&one, 0);
    look_at(&two, 0);
    CHECK_INT(x.transports[2].ref.conv->stream, 1);
    look_at(&first, 0);
    examiner_reset(&examiner);
    look_at(&two, 0);
    CHECK_INT(x.transports[2].ref.conv->stream, 0);
    look_at(&last, 0);
    CHECK(x.fragment_pending);
    end();
}

/* ---- emit ---- */

static void want(struct values *v, const field_id *ids, size_t n)
{
    memset(v, 0, sizeof *v);
    v->row = (struct row){.slot_of = v->slots, .arena = &v->arena};
    memset(v->slots, 0xff, sizeof v->slots);
    for (size_t i = 0; i < n; i++)
        v->slots[ids[i]] = (int16_t)ids[i];
}

static struct emit_plan emit(struct values *v)
{
    static const struct frame_times times;
    struct emit_plan plan;
    emit_plan_make(&plan, v->slots);
    emit_frame(&v->row, &x, &times, NULL, &plan);
    return plan;
}

TEST(values_stand_outermost_first)
{
    static const field_id ids[] = {F_IP_PROTO, F_IP_HDR_LEN, F_UDP_PORT, F_ETH_TYPE, F_TCP_PORT};
    struct values v;
    struct frame_bytes f = tunnel();
    begin(FC_UDP);
    look_at(&f, 0);
    want(&v, ids, sizeof ids / sizeof *ids);
    emit(&v);
    CHECK_INT(v.row.values[0].layer, 1);
    CHECK_INT(v.row.values[2].layer, 1); /* the outer header of IP */
    CHECK_INT(v.row.values[4].layer, 2); /* the inner one */
    CHECK_TEXT(values_text(&v), "eth.type=2048 ip.hdr_len=20 ip.proto=47 ip.hdr_len=20 ip.proto=17 "
                                "udp.port=40000 udp.port=2000");
    end();
}

/* Wireshark gives the tag behind EtherType 0x88a8 other fields. */
TEST(a_service_tag_is_no_vlan)
{
    static const field_id ids[] = {F_VLAN_ID};
    int16_t slots[P_COUNT];
    struct values v;
    struct frame_bytes f = payload("");
    udp(&f, 40000, 2000);
    ip4(&f, NUMBER_UDP);
    vlan(&f, 20, TYPE_IP4);
    vlan(&f, 10, TYPE_VLAN);
    eth(&f, TYPE_SERVICE);
    begin(FC_UDP);
    look_at(&f, 0);
    want(&v, ids, 1);
    emit(&v);
    CHECK_TEXT(values_text(&v), "vlan.id=20");
    memset(slots, 0xff, sizeof slots);
    slots[P_VLAN] = 0;
    slots[P_UDP] = 1;
    want(&v, NULL, 0);
    emit_protocols(&v.row, &x, slots);
    CHECK_INT(v.row.n_values, 2);
    CHECK(v.row.values[0].slot == 0 && v.row.values[0].bytes == f.data + 18 && v.row.values[0].len == 4);
    CHECK(v.row.values[1].slot == 1 && v.row.values[1].bytes == f.data + 42 && v.row.values[1].len == 8);
    row_free(&v.row);
    end();
}

TEST(a_plan_names_the_readers)
{
    static const field_id none[] = {F_TLS_RECORD_LENGTH}, fast[] = {F_IP_TTL, F_TCP_PORT},
                          slow[] = {F_IP_TTL, F_TCP_PORT, F_TCP_SEQ}, flight[] = {F_TCP_ANALYSIS_ACK_RTT};
    struct values v;
    struct emit_plan plan;
    want(&v, none, 1);
    emit_plan_make(&plan, v.slots);
    CHECK(!plan.needs);
    want(&v, fast, 2);
    emit_plan_make(&plan, v.slots);
    CHECK(plan.needs && plan.fast == plan.needs);
    CHECK_INT(plan.n_fixed, 3); /* tcp.port has two values */
    CHECK(!emit_wants_flights(v.slots));
    want(&v, slow, 3);
    emit_plan_make(&plan, v.slots);
    CHECK(plan.fast && plan.fast != plan.needs);
    want(&v, flight, 1);
    CHECK(emit_wants_flights(v.slots));
}

TEST(times_of_frames)
{
    struct frame_times times = {0};
    struct frame_bytes f = payload("");
    struct frame timed = frame_of(&f, 1, 100), opaque = {.opaque = true};
    frame_times_note(&times, &opaque); /* not a packet: it does not count */
    CHECK(!times.started);
    frame_times_note(&times, &timed);
    CHECK(times.first_ns == 100 && times.previous_ns == 100 && times.this_ns == 100);
    timed.time_ns = 70;
    frame_times_note(&times, &timed);
    frame_times_note(&times, &opaque);
    CHECK(times.first_ns == 100 && times.previous_ns == 100 && times.this_ns == 70);
}

/* ---- fixed places ---- */

/* The values of one field, from the reader of its header or from the fixed places. */
static const char *values_of(struct values *v, field_id id, bool fast)
{
    want(v, &id, 1);
    if (fast) {
        struct emit_plan plan = emit(v);
        CHECK(plan.fast == plan.needs && plan.n_fixed > 0);
    } else {
        static const struct frame_times times;
        struct emit_plan plan;
        emit_plan_make(&plan, v->slots);
        plan.fast = 0;
        emit_frame(&v->row, &x, &times, NULL, &plan);
    }
    return values_text(v);
}

static int compare_places(void)
{
    struct fixed_place places[2];
    struct values fast, slow;
    int n = 0;
    for (int id = 0; id < F_COUNT; id++) {
        if (!fixed_places((field_id)id, places))
            continue;
        CHECK_TEXT(values_of(&fast, (field_id)id, true), values_of(&slow, (field_id)id, false));
        n += *fast.text != 0;
    }
    return n;
}

TEST(fixed_places_equal_the_readers)
{
    struct frame_bytes t = tcp_frame(false, 0x12345678, 0x9abcdef0, ACK | FIN, "data"),
                       u = udp_frame(40000, 2000, "data");
    begin(FC_TCP | FC_UDP);
    t.data[15] = 0xb9;          /* DSCP and ECN */
    t.data[20] = 0xc0;          /* flags of IP */
    t.data[14 + 20 + 12] |= 1;  /* the flag AE */
    t.data[14 + 20 + 19] = 200; /* the urgent pointer */
    look_at(&t, 0);
    CHECK_INT(compare_places(), 16 + 19);
    look_at(&u, 0);
    CHECK_INT(compare_places(), 16 + 6);
    t.data[14] = 0x46; /* options: the reader is asked */
    look_at(&t, 0);
    compare_places();
    t.data[14] = 0x45;
    t.data[14 + 20 + 12] = 0x40; /* a header of TCP that is too short */
    look_at(&t, 0);
    compare_places();
    for (uint32_t cut = 15; cut < u.len; cut++) {
        frame = frame_of(&u, ++number, 0);
        frame.cap_len = cut;
        examine(&examiner, &frame, &x);
        compare_places();
    }
    end();
}

/* ---- measure ---- */

static void check_lengths(enum fc_style style, uint32_t ip, uint32_t bytes)
{
    uint32_t ip_len = 0, payload_len = 0;
    int layer = examined_flow_layer(&x, FC_TCP | FC_UDP, FC_TUNNEL_INNER);
    measure(&x.packet, layer, style, &ip_len, &payload_len);
    CHECK_INT(ip_len, ip);
    CHECK_INT(payload_len, bytes);
}

TEST(lengths_of_both_styles)
{
    struct frame_bytes u = udp_frame(40000, 2000, "12345"), t = tcp_frame(false, 1, 1, ACK, "1234567");
    begin(FC_TCP | FC_UDP);
    look_at(&u, 0);
    check_lengths(FC_STYLE_CLEAN, 33, 5);
    check_lengths(FC_STYLE_CLASSIC, 33, 13); /* udp.length includes the header */
    look_at(&t, 0);
    check_lengths(FC_STYLE_CLEAN, 47, 7);
    check_lengths(FC_STYLE_CLASSIC, 47, 7);
    struct frame_bytes six = payload("123");
    udp(&six, 40000, 2000);
    ip6(&six, NUMBER_UDP);
    eth(&six, TYPE_IP6);
    look_at(&six, 0);
    check_lengths(FC_STYLE_CLEAN, 51, 3);
    check_lengths(FC_STYLE_CLASSIC, 11, 11); /* ipv6.plen excludes the header */
    end();
}

/* A network card that divides segments leaves the length 0. Padding of Ethernet does not count otherwise. */
TEST(a_length_of_0_means_the_rest_of_the_frame)
{
    struct frame_bytes t = tcp_frame(false, 1, 1, ACK, "1234567");
    begin(FC_TCP);
    t.len += 6;
    look_at(&t, 0);
    check_lengths(FC_STYLE_CLEAN, 47, 7);
    set16(t.data + 16, 0);
    look_at(&t, 0);
    check_lengths(FC_STYLE_CLEAN, 53, 13);
    end();
}

TEST(names_of_protocols)
{
    CHECK_TEXT(protocol_name(CONV_TCP), "tcp");
    CHECK_TEXT(protocol_name(CONV_ICMP6), "icmpv6");
    for (uint8_t kind = 0; kind < N_CONV_KINDS; kind++)
        CHECK(protocol_name(kind));
}
