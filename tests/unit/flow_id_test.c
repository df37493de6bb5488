/* Identifiers of flows. Community IDs: the published baseline of the specification, version 1, seed 0:
 * github.com/corelight/community-id-spec, baseline/README.md and baseline/baseline_deflt.json, without ICMP.
 */
#include "table/flow_id.h"

#include "test.h"

#define V6(...)                                                                                              \
    {                                                                                                        \
        6, { __VA_ARGS__ }                                                                                   \
    }
static const struct {
    struct flow_key key;
    const char *want;
} known[] = {
    {{{4, {128, 232, 110, 120}}, {4, {66, 35, 250, 204}}, 34855, 80, 6}, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {{{4, {192, 168, 1, 52}}, {4, {8, 8, 8, 8}}, 54585, 53, 17}, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {{{4, {192, 168, 170, 8}}, {4, {192, 168, 170, 56}}, 7, 7, 132}, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
    {{V6(0x20, 0x01, 0x04, 0x70, 0xe5, 0xbf, 0xde, 0xad, 0x49, 0x57, 0x21, 0x74, 0xe8, 0x2c, 0x48, 0x87),
      V6(0x26, 0x07, 0xf8, 0xb0, 0x40, 0x0c, 0x0c, 0x03, 0, 0, 0, 0, 0, 0, 0, 0x1a), 63943, 25, 6},
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
    {{{4, {1, 2, 3, 4}}, {4, {5, 6, 7, 8}}, 1122, 3344, 6}, "1:wCb3OG7yAFWelaUydu0D+125CLM="},
    {{{4, {1, 2, 3, 4}}, {4, {5, 6, 7, 8}}, 1122, 3344, 17}, "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="},
    {{{4, {1, 2, 3, 4}}, {4, {5, 6, 7, 8}}, 1122, 3344, 132}, "1:EKt4MsxuyaE6mL+hmrEkQ9csDD8="},
    /* RSVP: a protocol without ports */
    {{{4, {10, 1, 12, 1}}, {4, {10, 1, 12, 2}}, 0, 0, 46}, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
    {{{4, {1, 2, 3, 4}}, {4, {5, 6, 7, 8}}, 0, 0, 46}, "1:ikv3kmf89luf73WPz1jOs49S768="},
    {{V6(0xfe, 0x80, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
      V6(0xfe, 0x80, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d), 0,
      0, 46},
     "1:wQ/2mwrnXP4lmJcHdGL5ePjR+e0="},
};

TEST(community_ids_of_the_specification)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (int turned = 0; turned < 2; turned++) {
            struct flow_key k = known[i].key;
            char text[COMMUNITY_ID_CAP + 1] = "";
            if (turned)
                k = (struct flow_key){k.dst, k.src, k.dport, k.sport, k.ip_protocol};
            text[community_id(text, &k)] = 0;
            CHECK_TEXT(text, known[i].want);
        }
}

TEST(icmp_has_none)
{
    char text[COMMUNITY_ID_CAP];
    CHECK_INT(community_id(text, &(struct flow_key){{4, {1}}, {4, {2}}, 0, 0, 1}), 0);
    CHECK_INT(community_id(text, &(struct flow_key){{6, {1}}, {6, {2}}, 0, 0, 58}), 0);
    CHECK_INT(community_id(text, &(struct flow_key){{6, {1}}, {6, {2}}, 0, 0, 47}), 30);
}

TEST(a_flow_id_does_not_know_folders)
{
    char a[FLOW_ID_LEN], b[FLOW_ID_LEN], c[FLOW_ID_LEN];
    CHECK(flow_id(a, "/home/x/day.pcap", &known[0].key, 5) && flow_id(b, "day.pcap", &known[0].key, 5) &&
          flow_id(c, "day.pcap", &known[0].key, 6));
    CHECK(!memcmp(a, b, sizeof a) && memcmp(a, c, sizeof a));
    /* printf 'day.pcap\0\x06\x04\x80\xe8\x6e\x78\x88\x27\x04\x42\x23\xfa\xcc\x00\x50\0\0\0\0\0\0\0\x05' |
     * sha256sum */
    CHECK(!memcmp(a, "b9343180acaabca40cc85c38fb2058b9", sizeof a));
}
