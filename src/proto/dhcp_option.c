/* The values of DHCP options, by their codes.
 * Invariant: an option whose length does not fit its kind has no value except its bytes. Options with options
 * inside, such as relay agent information, are not read here.
 * Source: RFC 2132, and the RFCs named below; observed with all codes, with 0 to 21 bytes of various contents
 * (tshark 4.0.17). */
#include <string.h>

#include "field/ids_dhcp.h"
#include "proto/dhcp.h"

enum kind {
    BYTES, /* only its bytes; unassigned codes are of this kind too */
    FOREIGN,
    FLAG,
    UINT8,
    UINT16,
    UINT32,
    INT32,
    ADDRESS,
    EACH_UINT8,
    EACH_UINT16,
    EACH_ADDRESS,
    EACH_PAIR, /* pairs of addresses: `id` and `second` */
    TEXT,
    MESSAGE_TYPE,
    VENDOR,
    VENDOR_CLASS,
    CLIENT_ID,
    MACHINE_ID,
    FQDN,
    NETWORK_ID,
    ROUTES
};

static const struct {
    uint8_t kind; /* enum kind */
    uint16_t id, second;
} options[256] = {
    [1] = {ADDRESS, F_DHCP_OPTION_SUBNET_MASK},
    [2] = {INT32, F_DHCP_OPTION_TIME_OFFSET},
    [3] = {EACH_ADDRESS, F_DHCP_OPTION_ROUTER},
    [4] = {EACH_ADDRESS, F_DHCP_OPTION_TIME_SERVER},
    [5] = {EACH_ADDRESS, F_DHCP_OPTION_NAME_SERVER},
    [6] = {EACH_ADDRESS, F_DHCP_OPTION_DOMAIN_NAME_SERVER},
    [7] = {EACH_ADDRESS, F_DHCP_OPTION_LOG_SERVER},
    [8] = {EACH_ADDRESS, F_DHCP_OPTION_QUOTES_SERVER},
    [9] = {EACH_ADDRESS, F_DHCP_OPTION_LPR_SERVER},
    [10] = {EACH_ADDRESS, F_DHCP_OPTION_IMPRESS_SERVER},
    [11] = {EACH_ADDRESS, F_DHCP_OPTION_RESOURCE_LOCATION_SERVER},
    [12] = {TEXT, F_DHCP_OPTION_HOSTNAME},
    [13] = {UINT16, F_DHCP_OPTION_BOOT_FILE_SIZE},
    [14] = {TEXT, F_DHCP_OPTION_MERIT_DUMP_FILE},
    [15] = {TEXT, F_DHCP_OPTION_DOMAIN_NAME},
    [16] = {ADDRESS, F_DHCP_OPTION_SWAP_SERVER},
    [17] = {TEXT, F_DHCP_OPTION_ROOT_PATH},
    [18] = {TEXT, F_DHCP_OPTION_EXTENSION_PATH},
    [19] = {FLAG, F_DHCP_OPTION_IP_FORWARDING},
    [20] = {FLAG, F_DHCP_OPTION_NON_LOCAL_SOURCE_ROUTING},
    [21] = {EACH_PAIR, F_DHCP_OPTION_POLICY_FILTER_IP, F_DHCP_OPTION_POLICY_FILTER_SUBNET_MASK},
    [22] = {UINT16, F_DHCP_OPTION_MAX_DATAGRAM_REASSEMBLY_SIZE},
    [23] = {UINT8, F_DHCP_OPTION_DEFAULT_IP_TTL},
    [24] = {UINT32, F_DHCP_OPTION_PATH_MTU_AGING_TIMEOUT},
    [25] = {EACH_UINT16, F_DHCP_OPTION_PATH_MTU_PLATEAU_TABLE_ITEM},
    [26] = {UINT16, F_DHCP_OPTION_INTERFACE_MTU},
    [27] = {FLAG, F_DHCP_OPTION_ALL_SUBNETS_ARE_LOCAL},
    [28] = {ADDRESS, F_DHCP_OPTION_BROADCAST_ADDRESS},
    [29] = {FLAG, F_DHCP_OPTION_PERFORM_MASK_DISCOVERY},
    [30] = {FLAG, F_DHCP_OPTION_MASK_SUPPLIER},
    [31] = {FLAG, F_DHCP_OPTION_PERFORM_ROUTER_DISCOVER},
    [32] = {ADDRESS, F_DHCP_OPTION_ROUTER_SOLICITATION_ADDRESS},
    [33] = {EACH_PAIR, F_DHCP_OPTION_STATIC_ROUTE_IP, F_DHCP_OPTION_STATIC_ROUTE_ROUTER},
    [34] = {FLAG, F_DHCP_OPTION_TRAILER_ENCAPSULATION},
    [35] = {UINT32, F_DHCP_OPTION_ARP_CACHE_TIMEOUT},
    [36] = {FLAG, F_DHCP_OPTION_ETHERNET_ENCAPSULATION},
    [37] = {UINT8, F_DHCP_OPTION_TCP_DEFAULT_TTL},
    [38] = {UINT32, F_DHCP_OPTION_TCP_KEEPALIVE_INTERVAL},
    [39] = {FLAG, F_DHCP_OPTION_TCP_KEEPALIVE_GARBAGE},
    [40] = {TEXT, F_DHCP_OPTION_NIS_DOMAIN},
    [41] = {EACH_ADDRESS, F_DHCP_OPTION_NIS_SERVER},
    [42] = {EACH_ADDRESS, F_DHCP_OPTION_NTP_SERVER},
    [43] = {VENDOR, F_DHCP_OPTION_VENDOR_VALUE},
    [44] = {EACH_ADDRESS, F_DHCP_OPTION_NETBIOS_OVER_TCPIP_NAME_SERVER},
    [45] = {EACH_ADDRESS, F_DHCP_OPTION_NETBIOS_OVER_TCPIP_DD_NAME_SERVER},
    [46] = {UINT8, F_DHCP_OPTION_NETBIOS_OVER_TCPIP_NODE_TYPE},
    [47] = {TEXT, F_DHCP_OPTION_NETBIOS_OVER_TCPIP_SCOPE},
    [48] = {EACH_ADDRESS, F_DHCP_OPTION_XWINDOWS_SYSTEM_FONT_SERVER},
    [49] = {EACH_ADDRESS, F_DHCP_OPTION_XWINDOWS_SYSTEM_DISPLAY_MANAGER},
    [50] = {ADDRESS, F_DHCP_OPTION_REQUESTED_IP_ADDRESS},
    [51] = {UINT32, F_DHCP_OPTION_IP_ADDRESS_LEASE_TIME},
    [52] = {FOREIGN}, /* the options continue in the fields for the names of server and file */
    [53] = {MESSAGE_TYPE, F_DHCP_OPTION_DHCP},
    [54] = {ADDRESS, F_DHCP_OPTION_DHCP_SERVER_ID},
    [55] = {EACH_UINT8, F_DHCP_OPTION_REQUEST_LIST_ITEM},
    [56] = {TEXT, F_DHCP_OPTION_MESSAGE},
    [57] = {UINT16, F_DHCP_OPTION_DHCP_MAX_MESSAGE_SIZE},
    [58] = {UINT32, F_DHCP_OPTION_RENEWAL_TIME_VALUE},
    [59] = {UINT32, F_DHCP_OPTION_REBINDING_TIME_VALUE},
    [60] = {VENDOR_CLASS, F_DHCP_OPTION_VENDOR_CLASS_ID},
    [61] = {CLIENT_ID}, /* RFC 2132 section 9.14; RFC 4361 */
    [63] = {FOREIGN},
    [64] = {TEXT, F_DHCP_OPTION_NIS_PLUS_DOMAIN},
    [65] = {EACH_ADDRESS, F_DHCP_OPTION_NIS_PLUS_SERVER},
    [66] = {TEXT, F_DHCP_OPTION_TFTP_SERVER_NAME},
    [67] = {TEXT, F_DHCP_OPTION_BOOTFILE_NAME},
    [68] = {EACH_ADDRESS, F_DHCP_OPTION_MOBILE_IP_HOME_AGENT},
    [69] = {EACH_ADDRESS, F_DHCP_OPTION_SMTP_SERVER},
    [70] = {EACH_ADDRESS, F_DHCP_OPTION_POP3_SERVER},
    [71] = {EACH_ADDRESS, F_DHCP_OPTION_NNTP_SERVER},
    [72] = {EACH_ADDRESS, F_DHCP_OPTION_DEFAULT_WWW_SERVER},
    [73] = {EACH_ADDRESS, F_DHCP_OPTION_DEFAULT_FINGER_SERVER},
    [74] = {EACH_ADDRESS, F_DHCP_OPTION_DEFAULT_IRC_SERVER},
    [75] = {EACH_ADDRESS, F_DHCP_OPTION_STREETTALK_SERVER},
    [76] = {EACH_ADDRESS, F_DHCP_OPTION_STREETTALK_DA_SERVER},
    [77] = {FOREIGN}, /* RFC 3004, user class */
    [78] = {FOREIGN}, /* RFC 2610, service location */
    [79] = {FOREIGN},
    [81] = {FQDN},    /* RFC 4702 */
    [82] = {FOREIGN}, /* RFC 3046, relay agent information */
    [83] = {FOREIGN}, /* RFC 4174, iSNS */
    [85] = {EACH_ADDRESS, F_DHCP_OPTION_NOVELL_DSS_IP},
    [86] = {TEXT, F_DHCP_OPTION_NOVELL_DS_TREE_NAME},
    [87] = {TEXT, F_DHCP_OPTION_NOVELL_DS_CONTEXT},
    [90] = {FOREIGN}, /* RFC 3118, authentication */
    [91] = {UINT32, F_DHCP_OPTION_CLIENT_LAST_TRANSACTION_TIME},
    [92] = {EACH_ADDRESS, F_DHCP_OPTION_ASSOCIATED_IP_OPTION},
    [93] = {EACH_UINT16, F_DHCP_OPTION_CLIENT_SYSTEM_ARCHITECTURE},
    [94] = {NETWORK_ID},
    [97] = {MACHINE_ID}, /* RFC 4578 section 2.3 */
    [99] = {FOREIGN},    /* RFC 4776, civic location */
    [100] = {TEXT, F_DHCP_OPTION_TZ_PCODE},
    [101] = {TEXT, F_DHCP_OPTION_TZ_TCODE},
    [112] = {EACH_ADDRESS, F_DHCP_OPTION_NETINFO_PARENT_SERVER_ADDRESS},
    [113] = {TEXT, F_DHCP_OPTION_NETINFO_PARENT_SERVER_TAG},
    [114] = {TEXT, F_DHCP_OPTION_CAPTIVE_PORTAL},
    [116] = {UINT8, F_DHCP_OPTION_DHCP_AUTO_CONFIGURATION},
    [117] = {FOREIGN}, /* RFC 2937, name service search */
    [118] = {EACH_ADDRESS, F_DHCP_OPTION_SUBNET_SELECTION_OPTION},
    [119] = {FOREIGN}, /* RFC 3397, domain search: compressed names, which may continue in another option */
    [120] = {FOREIGN}, /* RFC 3361, SIP servers */
    [121] = {ROUTES, F_DHCP_OPTION_CLASSLESS_STATIC_ROUTE}, /* RFC 3442 */
    [122] = {FOREIGN},                                      /* CableLabs */
    [123] = {FOREIGN},                                      /* RFC 6225, location */
    [124] = {FOREIGN},                                      /* RFC 3925, vendors by number */
    [125] = {FOREIGN},
    [136] = {EACH_ADDRESS, F_DHCP_OPTION_PANA_AGENT},
    [137] = {TEXT, F_DHCP_OPTION_LOST_SERVER_DOMAIN_NAME},
    [138] = {EACH_ADDRESS, F_DHCP_OPTION_CAPWAP_ACCESS_CONTROLLER},
    [142] = {EACH_ADDRESS, F_DHCP_OPTION_ANDSF_SERVER},
    [145] = {EACH_UINT8, F_DHCP_OPTION_FORCERENEW_NONCE_ALGORITHM},
    [146] = {FOREIGN}, /* RFC 6731, recursive DNS servers */
    [150] = {EACH_ADDRESS, F_DHCP_OPTION_TFTP_SERVER_ADDRESS},
    [151] = {FOREIGN}, /* RFC 6926, bulk leases */
    [152] = {FOREIGN},
    [153] = {UINT32, F_DHCP_OPTION_BULK_LEASE_START_TIME_OF_STATE},
    [154] = {FOREIGN},
    [155] = {FOREIGN},
    [156] = {UINT8, F_DHCP_OPTION_BULK_LEASE_DHCP_STATE},
    [157] = {FLAG, F_DHCP_OPTION_BULK_LEASE_DATA_SOURCE},
    [158] = {FOREIGN}, /* RFC 7291, port control */
    [159] = {FOREIGN}, /* RFC 7618, port parameters */
    [160] = {TEXT, F_DHCP_OPTION_CAPTIVE_PORTAL},
    [161] = {TEXT, F_DHCP_OPTION_MUDURL},
    [209] = {TEXT, F_DHCP_OPTION_PXE_CONFIG_FILE},
    [210] = {TEXT, F_DHCP_OPTION_PXE_PATH_PREFIX},
    [212] = {FOREIGN},                                      /* RFC 5969, 6RD */
    [242] = {FOREIGN},                                      /* telephones of Avaya */
    [249] = {ROUTES, F_DHCP_OPTION_CLASSLESS_STATIC_ROUTE}, /* Microsoft's number for option 121 */
    [252] = {TEXT, F_DHCP_OPTION_PRIVATE_PROXY_AUTODISCOVERY},
};

static void option_text_read(struct row *row, struct rd *r, field_id id)
{
    uint32_t len = rd_left(r);
    put_text_wire(row, id, rd_bytes(r, len), len);
}

/* Reads one number, if the length of the option is exactly that of the number. */
static void option_number_read(struct row *row, struct rd *r, enum kind kind, field_id id)
{
    uint32_t len = rd_left(r);
    if (kind == FLAG && len == 1)
        put_bool(row, id, rd_u8(r));
    else if (kind == UINT8 && len == 1)
        put_u8(row, id, r);
    else if (kind == UINT16 && len == 2)
        put_u16(row, id, r);
    else if (kind == INT32 && len == 4)
        put_int(row, id, (int32_t)rd_u32(r));
    else if ((kind == UINT32 || kind == ADDRESS) && len == 4)
        put_u32(row, id, r);
}

/* Reads a list. Bytes at the end that are too few for another item are ignored. */
static void each_read(struct row *row, struct rd *r, enum kind kind, field_id id, field_id second)
{
    while (kind == EACH_UINT8 && rd_left(r))
        put_u8(row, id, r);
    while (kind == EACH_UINT16 && rd_left(r) >= 2)
        put_u16(row, id, r);
    while (kind == EACH_ADDRESS && rd_left(r) >= 4)
        put_u32(row, id, r);
    while (kind == EACH_PAIR && rd_left(r) >= 8) {
        put_u32(row, id, r);
        put_u32(row, second, r);
    }
}

/* Two classes describe modems and telephones in a text with its own format, which is not read here. */
static bool vendor_class_read(struct row *row, struct rd *r, field_id id)
{
    static const char *const special[] = {"pktc", "docsis"};
    uint32_t len = rd_left(r);
    const uint8_t *text = rd_bytes(r, len);
    put_text_wire(row, id, text, len);
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (len >= strlen(special[i]) && !memcmp(text, special[i], strlen(special[i])))
            return false;
    return true;
}

/* Reads a hardware type and an address of six bytes. Returns false if the option has another form. */
static bool option_hardware_read(struct row *row, struct rd *r)
{
    enum { LEN = 7, ETHERNET = 1, IEEE_802 = 6, TYPES = 48 };
    uint8_t type = rd_peek8(r, 0);
    if (rd_left(r) != LEN || !type || type >= TYPES)
        return false;
    put_u8(row, F_DHCP_HW_TYPE, r);
    if (type == ETHERNET || type == IEEE_802)
        put_span(row, F_DHCP_HW_MAC_ADDR, r, LEN - 1);
    return true;
}

/* A DUID in the identifier is accepted only if it is long enough for all of its parts. */
static bool client_id_read(struct row *row, struct rd *r)
{
    enum { UUID_LEN = 17, DUID = 255, DUID_LEAST = 13 };
    uint32_t len = rd_left(r);
    if (!len || option_hardware_read(row, r))
        return true;
    uint8_t type = rd_peek8(r, 0);
    if (type == DUID)
        return len >= DUID_LEAST;
    if (type || len == UUID_LEN || len == 1)
        return true;
    put_u8(row, F_DHCP_CLIENT_ID_TYPE, r);
    option_text_read(row, r, F_DHCP_CLIENT_ID_UNDEF);
    return true;
}

/* flags | rcode1 | rcode2 | name */
static bool fqdn_read(struct row *row, struct rd *r)
{
    enum { HEADER = 3, FLAG_E = 4 };
    if (rd_left(r) < HEADER)
        return true;
    uint8_t flags = put_u8(row, F_DHCP_FQDN_FLAGS, r);
    put_uint(row, F_DHCP_FQDN_MBZ, flags >> 4);
    put_bool(row, F_DHCP_FQDN_N, flags >> 3 & 1);
    put_bool(row, F_DHCP_FQDN_E, flags >> 2 & 1);
    put_bool(row, F_DHCP_FQDN_O, flags >> 1 & 1);
    put_bool(row, F_DHCP_FQDN_S, flags & 1);
    put_u8(row, F_DHCP_FQDN_RCODE1, r);
    put_u8(row, F_DHCP_FQDN_RCODE2, r);
    if (!rd_left(r))
        return true;
    if (flags & FLAG_E)
        return false;
    option_text_read(row, r, F_DHCP_FQDN_NAME);
    return true;
}

/* type | major | minor; a shorter option is malformed */
static bool network_id_read(struct row *row, struct rd *r)
{
    enum { LEN = 3, UNDI = 1 };
    if (rd_left(r) < LEN)
        return false;
    if (rd_u8(r) != UNDI)
        return true;
    put_u8(row, F_DHCP_CLIENT_NETWORK_ID_MAJOR, r);
    put_u8(row, F_DHCP_CLIENT_NETWORK_ID_MINOR, r);
    return true;
}

/* bits | as many bytes of the subnet as the bits need | router 4 | ... */
static bool routes_read(struct row *row, struct rd *r, field_id id)
{
    enum { LEAST = 5, BITS_MAX = 32 };
    if (rd_left(r) < LEAST)
        return true;
    while (rd_left(r)) {
        uint8_t bits = rd_peek8(r, 0);
        uint32_t len = LEAST + (bits + 7u) / 8;
        if (bits > BITS_MAX || !rd_has(r, len))
            return false;
        put_span(row, id, r, len);
    }
    return true;
}

bool dhcp_option_read(struct row *row, struct rd *r, uint8_t code)
{
    enum kind kind = (enum kind)options[code].kind;
    field_id id = (field_id)options[code].id, second = (field_id)options[code].second;
    switch (kind) {
    case BYTES:
        return true;
    case FOREIGN:
        return false;
    case TEXT:
        option_text_read(row, r, id);
        return true;
    case VENDOR:
        put_span(row, id, r, rd_left(r));
        return true;
    case VENDOR_CLASS:
        return vendor_class_read(row, r, id);
    case CLIENT_ID:
        return client_id_read(row, r);
    case MACHINE_ID:
        option_hardware_read(row, r);
        return true;
    case FQDN:
        return fqdn_read(row, r);
    case NETWORK_ID:
        return network_id_read(row, r);
    case ROUTES:
        return routes_read(row, r, id);
    case MESSAGE_TYPE:
        put_u8(row, id, r);
        return rd_ok(r);
    case EACH_UINT8:
    case EACH_UINT16:
    case EACH_ADDRESS:
    case EACH_PAIR:
        each_read(row, r, kind, id, second);
        return true;
    default:
        option_number_read(row, r, kind, id);
        return true;
    }
}
