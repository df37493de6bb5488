/* Ids of fields: icmp. Made by tools/gen_fields.py from fields.def. */
#ifndef FC_FIELD_IDS_ICMP_H
#define FC_FIELD_IDS_ICMP_H

enum ids_icmp {
    F_ICMP_CHECKSUM = 960,
    F_ICMP_CODE,
    F_ICMP_IDENT,
    F_ICMP_IDENT_LE,
    F_ICMP_MTU,
    F_ICMP_REDIR_GW,
    F_ICMP_SEQ,
    F_ICMP_SEQ_LE,
    F_ICMP_TYPE,
    F_ICMPV6_CHECKSUM,
    F_ICMPV6_CODE,
    F_ICMPV6_ECHO_IDENTIFIER,
    F_ICMPV6_ECHO_SEQUENCE_NUMBER,
    F_ICMPV6_MTU,
    F_ICMPV6_ND_NA_TARGET_ADDRESS,
    F_ICMPV6_ND_NS_TARGET_ADDRESS,
    F_ICMPV6_POINTER,
    F_ICMPV6_TYPE,
};

#endif
