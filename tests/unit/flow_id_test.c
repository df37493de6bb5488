/* Identifiers of flows. Community IDs: the baseline of the public specification, seed 0. */
#include "table/flow_id.h"

#include "test.h"

static const struct {
    struct flow_key key;
    const char *want;
} known[] = {
    {{{4, {128, 232, 110, 120}}, {4, {66, 35, 250, 204}}, 34855, 80, 6}, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {{{4, {192, 168, 1, 52}}, {4, {8, 8, 8, 8}}, 54585, 53, 17}, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {{{4, {192, 168, 170, 8}}, {4, {192, 168, 170, 56}}, 7, 7, 132}, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
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
