/* Ids of fields: eth. Made by tools/gen_fields.py from fields.def. */
#ifndef FC_FIELD_IDS_ETH_H
#define FC_FIELD_IDS_ETH_H

enum ids_eth {
    F_ETH_ADDR = 704,
    F_ETH_ADDR_OUI,
    F_ETH_ADDR_RESOLVED,
    F_ETH_DST,
    F_ETH_DST_IG,
    F_ETH_DST_LG,
    F_ETH_DST_OUI,
    F_ETH_DST_RESOLVED,
    F_ETH_FCS,
    F_ETH_FCS_STATUS,
    F_ETH_FCS_BAD,
    F_ETH_IG,
    F_ETH_INVALID_LENTYPE,
    F_ETH_INVALID_LENTYPE_EXPERT,
    F_ETH_LEN,
    F_ETH_LEN_PAST_END,
    F_ETH_LG,
    F_ETH_PADDING,
    F_ETH_PADDING_BAD,
    F_ETH_SRC,
    F_ETH_SRC_IG,
    F_ETH_SRC_LG,
    F_ETH_SRC_OUI,
    F_ETH_SRC_NOT_GROUP,
    F_ETH_SRC_RESOLVED,
    F_ETH_TRAILER,
    F_ETH_TYPE,
};

#endif
