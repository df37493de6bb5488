/* Ethernet, VLAN, frame. Expected values: tshark 4.0.17 on the same bytes. */
#include "values.h"

static struct values v;
#define ETH "020000000002 020000000001 "
#define IP4_46 "4500 002e 0001 0000 40 fd 0000 0a000001 0a000002 " /* 46 bytes, 26 of them payload */
#define PAY_26 "0102030405060708090a0b0c0d0e0f101112131415161718191a "

static const char *eth(const char *prefix, const char *hex, int8_t fcs_len)
{
    struct eth_facts facts = {.fcs_len = fcs_len};
    values_begin(&v, prefix, hex);
    struct rd r = values_reader(&v);
    eth_read(&v.row, &r, &facts);
    return values_text(&v);
}

TEST(addresses)
{
    CHECK_TEXT(eth("eth.addr", ETH "0800", -1),
               "eth.addr=02:00:00:00:00:02 eth.addr.oui=131072 eth.addr_resolved=02:00:00:00:00:02 "
               "eth.addr=02:00:00:00:00:01 eth.addr.oui=131072 eth.addr_resolved=02:00:00:00:00:01");
    CHECK_TEXT(eth("eth.src_not_group", "020000000002 030000000001 0800", -1), "eth.src_not_group=1");
    CHECK_TEXT(eth("eth", "0200000000", -1), "");
}

TEST(type_or_length)
{
    CHECK_TEXT(eth("eth.type", ETH "86dd", -1), "eth.type=34525");
    CHECK_TEXT(eth("eth.le", ETH "0003 424203", -1), "eth.len=3");
    CHECK_TEXT(eth("eth.le", ETH "0004 424203", -1), "eth.len=4 eth.len.past_end=1");
    CHECK_TEXT(eth("eth.inv", ETH "05dd", -1), "eth.invalid_lentype=1501 eth.invalid_lentype.expert=1");
}

TEST(leftovers)
{
    CHECK_TEXT(eth("eth.trailer", ETH "0800" IP4_46 PAY_26, -1), "");
    CHECK_TEXT(eth("eth.trailer", ETH "0800" IP4_46 PAY_26 "aabbcc", -1), "eth.trailer=aabbcc");
    CHECK_TEXT(eth("eth.fcs", ETH "0800" IP4_46 PAY_26 "aabbccdd", -1),
               "eth.fcs=2864434397 eth.fcs.status=2");
    CHECK_TEXT(eth("eth.fcs", ETH "0800" IP4_46 PAY_26 "aabbccdd", 0), "");
    CHECK_TEXT(eth("eth.trailer", ETH "0800" IP4_46 PAY_26 "1122aabbccdd", -1), "eth.trailer=1122");
}

TEST(padding)
{
#define IP4_42 "4500 002a 0001 0000 40 fd 0000 0a000001 0a000002 0102030405060708090a0b0c0d0e0f10111213141516"
    CHECK_TEXT(eth("eth.padding", ETH "0800" IP4_42 "00000000", -1), "eth.padding=00000000");
    CHECK_TEXT(eth("eth.padding", ETH "0800" IP4_42 "000000", -1), "");
    CHECK_TEXT(eth("eth.padding", ETH "0800" IP4_42 "00000001", -1), "eth.padding_bad=1");
    CHECK_TEXT(eth("eth.trailer", ETH "0800" IP4_42 "00000001", -1), "eth.trailer=00000001");
    CHECK_TEXT(eth("vlan.trailer", ETH "8100 0005 0800" IP4_46 PAY_26 "aabbccdd", -1),
               "vlan.trailer=aabbccdd");
}

TEST(vlan_tag)
{
    values_begin(&v, "vlan", "6ffe 0800");
    struct rd r = values_reader(&v);
    vlan_read(&v.row, &r);
    CHECK_TEXT(values_text(&v), "vlan.priority=3 vlan.dei=0 vlan.id=4094 vlan.etype=2048");
    values_begin(&v, "vlan", "0001 0004 42");
    r = values_reader(&v);
    vlan_read(&v.row, &r);
    CHECK_TEXT(values_text(&v), "vlan.priority=0 vlan.dei=0 vlan.id=1 vlan.len=4 vlan.len.past_end=1");
}

TEST(frame_facts)
{
    struct frame_facts facts = {.number = 3,
                                .len = 60,
                                .cap_len = 64,
                                .has_time = true,
                                .time_ns = 5,
                                .first_ns = 1,
                                .previous_ns = 3,
                                .link_type = 1};
    values_begin(&v, "frame.", "");
    frame_read(&v.row, &facts);
    CHECK_TEXT(
        values_text(&v),
        "frame.encap_type=1 frame.time=5 frame.offset_shift=0 frame.time_epoch=5 frame.time_delta=2 "
        "frame.time_delta_displayed=2 frame.time_relative=4 frame.number=3 frame.len=60 frame.cap_len=64 "
        "frame.len_lt_caplen=1 frame.marked=0 frame.ignored=0");
}

TEST(frame_options)
{
    static const uint8_t options[] = {1, 0, 2, 0, 'h', 'i', 0, 0, 1, 0, 0, 0,
                                      6, 0, 4, 0, 9,   0,   0, 0, 0, 0, 0, 0};
    struct frame_facts facts = {.options = options,
                                .options_len = sizeof options,
                                .has_section = true,
                                .has_interface = true,
                                .interface_description = "desc"};
    values_begin(&v, "frame.", "");
    frame_read(&v.row, &facts);
    CHECK_TEXT(
        values_text(&v),
        "frame.section_number=1 frame.interface_id=0 frame.interface_name=desc "
        "frame.interface_description=desc frame.encap_type=15 frame.number=0 frame.len=0 frame.cap_len=0 "
        "frame.marked=0 frame.ignored=0 frame.comment=hi frame.comment.expert=1 frame.comment= "
        "frame.comment.expert=1 frame.interface_queue=9");
}

TEST(a_comment_ends_at_its_first_nul)
{
    static const uint8_t options[] = {1, 0, 4, 0, 'a', 'b', 0,   'c', 1, 0, 2, 0, 0, 'd',
                                      0, 0, 1, 0, 2,   0,   'e', 'f', 0, 0, 0, 0, 0, 0};
    struct frame_facts facts = {.options = options, .options_len = sizeof options};
    values_begin(&v, "frame.comment", "");
    frame_read(&v.row, &facts);
    CHECK_TEXT(values_text(&v),
               "frame.comment=ab frame.comment.expert=1 frame.comment= frame.comment.expert=1 "
               "frame.comment=ef frame.comment.expert=1");
}
