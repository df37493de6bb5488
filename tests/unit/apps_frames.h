/* For tests of the room apps/: frames are made of ports and payload, and the protocols that Wireshark would
 * show come out as text: "tls", "dns doubt", "". */
#ifndef FC_TESTS_APPS_FRAMES_H
#define FC_TESTS_APPS_FRAMES_H

#include "apps/apps.h"
#include "look/examine.h"
#include "source/source.h"
#include "source_memory.h"
#include "test.h"

enum {
    FRAME_HEADERS = 14 + 20,
    TCP_LEN = 20,
    UDP_LEN = 8,
    FRAME_MAX = 4096,
    TCP_NUMBER = 6,
    UDP_NUMBER = 17
};
enum { SYN = 0x02, ACK = 0x10 };

static struct memory_state memory;
static struct apps apps;
static struct examiner examiner;
static struct examined examined;
static struct arena values_arena;
static struct row row;
static int16_t slots[F_COUNT];
static struct source *source;
static uint32_t frame_number, next_seq[2];

/* Ends the capture, and begins one of which fields that begin with `prefix` are asked for; "": all. */
__attribute__((unused)) static void begin(const char *prefix)
{
    static const uint8_t empty[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
                                    0,    0,    0,    0,    0, 0, 4, 0, 1, 0, 0, 0};
    struct fc_error error;
    apps_free(&apps);
    examiner_free(&examiner);
    arena_free(&values_arena);
    row_free(&row);
    if (!source)
        CHECK(source_open_memory(&source, "test", empty, sizeof empty, &error) == FC_OK);
    for (int i = 0; i < F_COUNT; i++)
        slots[i] =
            (int16_t)(field_table[i].name && !strncmp(field_table[i].name, prefix, strlen(prefix)) ? i : -1);
    row = (struct row){.slot_of = slots, .arena = &values_arena};
    apps = (struct apps){0};
    examiner_init(&examiner, &memory);
    examiner.matches_names = true;
    frame_number = next_seq[0] = next_seq[1] = 0;
    apps_init(&apps, slots, NULL, true, &memory);
}

__attribute__((unused)) static void end(void)
{
    begin("");
    source_close(source);
    source = NULL;
}

static const char *shown(void)
{
    static char text[128];
    size_t len = 0;
    text[0] = 0;
    for (int p = 0; p < P_COUNT; p++)
        if (apps.shown >> p & 1)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len ? " " : "",
                                    filter_protocol_name((enum filter_protocol)p));
    if (apps_doubts(&apps))
        snprintf(text + len, sizeof text - len, "%sdoubt", len ? " " : "");
    apps_go_on(&apps);
    return text;
}

static const char *push(uint8_t number, const uint8_t *header, uint32_t header_len, bool from_server,
                        const void *payload, uint32_t len)
{
    uint8_t bytes[FRAME_MAX] = {[12] = 8, [14] = 0x45, [22] = 64, [23] = number};
    uint32_t ip_len = 20 + header_len + len;
    uint8_t *client = bytes + (from_server ? 30 : 26), *server = bytes + (from_server ? 26 : 30);
    memcpy(client, "\x0a\0\0\1", 4);
    memcpy(server, "\x0a\0\0\2", 4);
    bytes[16] = (uint8_t)(ip_len >> 8);
    bytes[17] = (uint8_t)ip_len;
    memcpy(bytes + FRAME_HEADERS, header, header_len);
    memcpy(bytes + FRAME_HEADERS + header_len, payload, len);
    struct frame frame = {.data = bytes,
                          .cap_len = 14 + ip_len,
                          .len = 14 + ip_len,
                          .number = ++frame_number,
                          .has_time = true,
                          .interface = source_interface(source, 0)};
    examine(&examiner, &frame, &examined);
    row_reset(&row);
    apps_turn(&apps, &examined, source);
    apps_frame(&apps, &row, &examined);
    CHECK(!memory.ended);
    return shown();
}

/* A segment between a client's port and a server's port. */
__attribute__((unused)) static const char *segment(uint16_t client, uint16_t server, bool from_server,
                                                   uint8_t flags, const void *payload, uint32_t len)
{
    uint16_t sport = from_server ? server : client, dport = from_server ? client : server;
    uint32_t seq = next_seq[from_server];
    uint8_t header[TCP_LEN] = {(uint8_t)(sport >> 8), (uint8_t)sport,       (uint8_t)(dport >> 8),
                               (uint8_t)dport,        (uint8_t)(seq >> 24), (uint8_t)(seq >> 16),
                               (uint8_t)(seq >> 8),   (uint8_t)seq,         [12] = 0x50,
                               [13] = flags,          [14] = 0xff};
    next_seq[from_server] += len + (flags & SYN ? 1 : 0);
    return push(TCP_NUMBER, header, TCP_LEN, from_server, payload, len);
}

__attribute__((unused)) static const char *datagram(uint16_t client, uint16_t server, const void *payload,
                                                    uint32_t len)
{
    uint32_t whole = UDP_LEN + len;
    uint8_t header[UDP_LEN] = {(uint8_t)(client >> 8), (uint8_t)client,       (uint8_t)(server >> 8),
                               (uint8_t)server,        (uint8_t)(whole >> 8), (uint8_t)whole};
    return push(UDP_NUMBER, header, UDP_LEN, false, payload, len);
}

#endif
