/* Ids of fields: vlan. Made by tools/gen_fields.py from fields.def. */
#ifndef FC_FIELD_IDS_VLAN_H
#define FC_FIELD_IDS_VLAN_H

enum ids_vlan {
    F_VLAN_CFI = 2112,
    F_VLAN_DEI,
    F_VLAN_ETYPE,
    F_VLAN_ID,
    F_VLAN_ID_NAME,
    F_VLAN_LEN,
    F_VLAN_LEN_PAST_END,
    F_VLAN_PRIORITY,
    F_VLAN_TRAILER,
};

#endif
