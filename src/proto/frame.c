/* The facts of a frame that do not come from its bytes: number, lengths, times, interface, block options.
 * Invariant: each field has one value in a frame, except comments.
 * Source: pcapng (draft-ietf-opsawg-pcapng) for the options; the conditions of the fields were observed
 * (tshark 4.0.17). */
#include <string.h>

#include "base/time.h"
#include "field/ids_frame.h"
#include "proto/headers.h"

/* Wireshark's number of the link layer for each LINKTYPE_ number, observed with a capture of each. */
static const struct {
    uint16_t link_type;
    int16_t encap;
} encaps[] = {
    {0, 15},    {1, 1},     {2, 184},   {3, 148},   {6, 2},     {7, 8},     {8, 3},     {9, 4},
    {10, 6},    {11, 10},   {12, 7},    {13, 38},   {14, 7},    {16, 11},   {18, 11},   {19, 11},
    {32, 69},   {50, 4},    {51, 139},  {99, 61},   {100, 10},  {101, 7},   {104, 28},  {105, 20},
    {106, 11},  {107, 26},  {108, 174}, {109, 38},  {112, 28},  {113, 25},  {114, 30},  {117, 39},
    {118, 29},  {119, 21},  {121, 32},  {122, 18},  {123, 13},  {127, 23},  {128, 37},  {129, 9},
    {130, 81},  {131, 82},  {133, 87},  {135, 68},  {136, 151}, {137, 67},  {138, 62},  {139, 75},
    {140, 42},  {141, 43},  {142, 101}, {143, 33},  {147, 45},  {148, 46},  {149, 47},  {150, 48},
    {151, 49},  {152, 50},  {153, 51},  {154, 52},  {155, 53},  {156, 54},  {157, 55},  {158, 56},
    {159, 57},  {160, 58},  {161, 59},  {162, 60},  {163, 24},  {165, 63},  {167, 76},  {169, 66},
    {170, 178}, {171, 179}, {172, 77},  {173, 78},  {178, 83},  {179, 84},  {180, 85},  {181, 86},
    {183, 91},  {184, 181}, {186, 92},  {187, 41},  {188, 93},  {189, 95},  {190, 109}, {192, 97},
    {195, 104}, {196, 100}, {197, 98},  {199, 103}, {200, 197}, {201, 99},  {202, 147}, {203, 131},
    {204, 19},  {209, 112}, {210, 106}, {211, 108}, {212, 107}, {213, 111}, {214, 105}, {215, 113},
    {220, 115}, {224, 121}, {225, 122}, {226, 124}, {227, 125}, {228, 129}, {229, 130}, {230, 127},
    {231, 146}, {235, 132}, {236, 133}, {237, 157}, {239, 141}, {240, 135}, {241, 136}, {242, 180},
    {243, 138}, {245, 140}, {248, 149}, {249, 152}, {250, 153}, {251, 154}, {252, 155}, {253, 158},
    {254, 159}, {255, 160}, {256, 161}, {258, 171}, {259, 172}, {260, 173}, {264, 177}, {266, 182},
    {268, 36},  {270, 183}, {271, 185}, {272, 186}, {273, 199}, {274, 198}, {275, 200}, {276, 210},
    {279, 204}, {280, 205}, {283, 206}, {287, 211}, {288, 208}, {290, 212}, {292, 214}, {293, 215},
    {294, 216}, {295, 217},
};

static void frame_encap(struct row *row, uint32_t link_type)
{
    for (size_t i = 0; i < sizeof encaps / sizeof *encaps; i++)
        if (encaps[i].link_type == link_type)
            put_int(row, F_FRAME_ENCAP_TYPE, encaps[i].encap);
}

static void frame_times(struct row *row, const struct frame_facts *facts)
{
    put_int(row, F_FRAME_TIME, facts->time_ns);
    put_int(row, F_FRAME_OFFSET_SHIFT, 0);
    put_int(row, F_FRAME_TIME_EPOCH, facts->time_ns);
    put_int(row, F_FRAME_TIME_DELTA, time_diff(facts->time_ns, facts->previous_ns));
    put_int(row, F_FRAME_TIME_DELTA_DISPLAYED, time_diff(facts->time_ns, facts->previous_ns));
    put_int(row, F_FRAME_TIME_RELATIVE, time_diff(facts->time_ns, facts->first_ns));
}

static void frame_packet_flags(struct row *row, uint32_t flags)
{
    static const field_id errors[] = {
        F_FRAME_PACKET_FLAGS_CRC_ERROR,
        F_FRAME_PACKET_FLAGS_PACKET_TOO_ERROR,
        F_FRAME_PACKET_FLAGS_PACKET_TOO_SHORT_ERROR,
        F_FRAME_PACKET_FLAGS_WRONG_INTER_FRAME_GAP_ERROR,
        F_FRAME_PACKET_FLAGS_UNALIGNED_FRAME_ERROR,
        F_FRAME_PACKET_FLAGS_START_FRAME_DELIMITER_ERROR,
        F_FRAME_PACKET_FLAGS_PREAMBLE_ERROR,
        F_FRAME_PACKET_FLAGS_SYMBOL_ERROR,
    };
    put_uint(row, F_FRAME_PACKET_FLAGS, flags);
    put_uint(row, F_FRAME_PACKET_FLAGS_DIRECTION, flags & 3);
    put_uint(row, F_FRAME_PACKET_FLAGS_RECEPTION_TYPE, flags >> 2 & 7);
    put_uint(row, F_FRAME_PACKET_FLAGS_FCS_LENGTH, flags >> 5 & 15);
    put_uint(row, F_FRAME_PACKET_FLAGS_RESERVED, flags >> 9 & 0x7f);
    for (unsigned i = 0; i < 8; i++)
        put_bool(row, errors[i], flags >> (24 + i) & 1);
}

/* ---- options of the packet block ---- */

enum { OPTION_COMMENT = 1, OPTION_DROP_COUNT = 4, OPTION_PACKET_ID = 5, OPTION_QUEUE = 6 };

static void frame_option(struct row *row, uint16_t code, struct rd value, bool big_endian)
{
    uint32_t len = rd_left(&value);
    switch (code) {
    case OPTION_COMMENT: { /* Wireshark reads it up to the first NUL (observed, tshark 4.0.17) */
        const uint8_t *text = rd_bytes(&value, len);
        put_text_utf8(row, F_FRAME_COMMENT, text, text ? (uint32_t)strnlen((const char *)text, len) : 0);
        put_label(row, F_FRAME_COMMENT_EXPERT);
        break;
    }
    case OPTION_DROP_COUNT:
        put_uint(row, F_FRAME_DROP_COUNT, big_endian ? rd_u64(&value) : rd_u64_le(&value));
        break;
    case OPTION_PACKET_ID:
        put_uint(row, F_FRAME_PACKET_ID, big_endian ? rd_u64(&value) : rd_u64_le(&value));
        break;
    case OPTION_QUEUE:
        put_uint(row, F_FRAME_INTERFACE_QUEUE, big_endian ? rd_u32(&value) : rd_u32_le(&value));
        break;
    default:
        break;
    }
}

static void frame_options_read(struct row *row, const struct frame_facts *facts)
{
    struct rd r = rd_make(facts->options, facts->options_len, facts->options_len);
    while (rd_has(&r, 4)) {
        uint16_t code = facts->options_big_endian ? rd_u16(&r) : rd_u16_le(&r);
        uint16_t len = facts->options_big_endian ? rd_u16(&r) : rd_u16_le(&r);
        if (!code)
            return;
        struct rd value = rd_sub(&r, len);
        if (!rd_ok(&value))
            return;
        frame_option(row, code, value, facts->options_big_endian);
        rd_skip(&r, -len & 3u);
    }
}

static void frame_interface(struct row *row, const struct frame_facts *facts)
{
    const char *name = facts->interface_name, *description = facts->interface_description;
    put_uint(row, F_FRAME_INTERFACE_ID, facts->interface_id);
    if (!name)
        name = description ? description : "unknown";
    put_text_utf8(row, F_FRAME_INTERFACE_NAME, (const uint8_t *)name, (uint32_t)strlen(name));
    if (description)
        put_text_utf8(row, F_FRAME_INTERFACE_DESCRIPTION, (const uint8_t *)description,
                      (uint32_t)strlen(description));
}

void frame_read(struct row *row, const struct frame_facts *facts)
{
    if (facts->has_section)
        put_uint(row, F_FRAME_SECTION_NUMBER, facts->section + 1);
    if (facts->has_interface)
        frame_interface(row, facts);
    if (facts->has_packet_flags)
        frame_packet_flags(row, facts->packet_flags);
    if (facts->has_interface || !facts->has_section)
        frame_encap(row, facts->link_type);
    if (facts->has_time)
        frame_times(row, facts);
    put_uint(row, F_FRAME_NUMBER, facts->number);
    put_uint(row, F_FRAME_LEN, facts->len);
    put_uint(row, F_FRAME_CAP_LEN, facts->cap_len);
    if (facts->len < facts->cap_len)
        put_label(row, F_FRAME_LEN_LT_CAPLEN);
    put_bool(row, F_FRAME_MARKED, false);
    put_bool(row, F_FRAME_IGNORED, false);
    if (facts->options)
        frame_options_read(row, facts);
}
