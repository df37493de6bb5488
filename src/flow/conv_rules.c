/* The rule of a conversation, from its ports.
 * Source: observed (tshark 4.0.17). */
#include "flow/conv_rules.h"

#include "base/ports.h"

static uint8_t numbers_of(uint8_t kind, uint16_t port)
{
    return kind == CONV_UDP ? port_udp(port).numbers : port_tcp(port).numbers;
}

uint8_t conv_rule(const struct endpoint side[2])
{
    static const uint8_t rules[] = {
        [NUMBERS_SNMP] = RULE_SNMP, [NUMBERS_TFTP] = RULE_TFTP, [NUMBERS_SOCKS] = RULE_SOCKS,
        [NUMBERS_VNC] = RULE_NONE,  [NUMBERS_SDP] = RULE_SDP,   [NUMBERS_SHIFTS] = RULE_NOTICE};
    uint8_t kind = side[0].kind;
    if (kind != CONV_TCP && kind != CONV_UDP)
        return RULE_NONE;
    uint8_t numbers = numbers_of(kind, port_lower(side[0].port, side[1].port));
    if (numbers == NUMBERS_KEEPS)
        numbers = numbers_of(kind, port_higher(side[0].port, side[1].port));
    return numbers == NUMBERS_KEEPS && kind == CONV_TCP ? RULE_BANNER : rules[numbers];
}

bool conv_is_superseded(const struct conv *conv)
{
    return (conv->rule == RULE_SNMP || conv->rule == RULE_BANNER) && conv->state == CONV_SEEN;
}

void conv_settle(struct conv *conv) { conv->rule = RULE_NONE; }
