/* Ids of fields: ntp. Made by tools/gen_fields.py from fields.def. */
#ifndef FC_FIELD_IDS_NTP_H
#define FC_FIELD_IDS_NTP_H

enum ids_ntp {
    F_NTP_FLAGS = 1408,
    F_NTP_FLAGS_LI,
    F_NTP_FLAGS_MODE,
    F_NTP_FLAGS_VN,
    F_NTP_KEYID,
    F_NTP_MAC,
    F_NTP_ORG,
    F_NTP_PPOLL,
    F_NTP_PRECISION,
    F_NTP_REC,
    F_NTP_REFID,
    F_NTP_REFTIME,
    F_NTP_ROOTDELAY,
    F_NTP_ROOTDISPERSION,
    F_NTP_STRATUM,
    F_NTP_XMT,
};

#endif
