/* Types of values and how they print: one list for both sides of shark/wire.h. The library calls them FT_x
 * and BASE_x (field/field.h), the worker WIRE_x and WIRE_BASE_x, because FT_x and BASE_x are libwireshark's
 * own there. The numbers are the same. This header includes nothing and declares nothing. */
#ifndef FC_FIELD_TYPES_H
#define FC_FIELD_TYPES_H

/* Wireshark's types, FT_ left out, and what a value of each is in `struct value`:
 *   u: UINT8 UINT16 UINT24 UINT32 UINT64 CHAR FRAMENUM BOOLEAN(0/1) NONE(1) IPv4 (host order)
 *   i: INT8 INT16 INT32 INT64, RELATIVE_TIME and ABSOLUTE_TIME (nanoseconds)
 *   f: FLOAT DOUBLE
 *   bytes: BYTES STRING (valid UTF-8) ETHER (6) IPv6 (16) */
#define FIELD_TYPES(TYPE)                                                                                    \
    TYPE(NONE)                                                                                               \
    TYPE(BOOLEAN)                                                                                            \
    TYPE(CHAR)                                                                                               \
    TYPE(UINT8)                                                                                              \
    TYPE(UINT16)                                                                                             \
    TYPE(UINT24)                                                                                             \
    TYPE(UINT32)                                                                                             \
    TYPE(UINT40)                                                                                             \
    TYPE(UINT48)                                                                                             \
    TYPE(UINT56)                                                                                             \
    TYPE(UINT64)                                                                                             \
    TYPE(INT8)                                                                                               \
    TYPE(INT16)                                                                                              \
    TYPE(INT24)                                                                                              \
    TYPE(INT32)                                                                                              \
    TYPE(INT64)                                                                                              \
    TYPE(FLOAT)                                                                                              \
    TYPE(DOUBLE)                                                                                             \
    TYPE(ABSOLUTE_TIME)                                                                                      \
    TYPE(RELATIVE_TIME)                                                                                      \
    TYPE(STRING)                                                                                             \
    TYPE(BYTES)                                                                                              \
    TYPE(ETHER)                                                                                              \
    TYPE(IPv4)                                                                                               \
    TYPE(IPv6)                                                                                               \
    TYPE(FRAMENUM)

/* How Wireshark prints an integer (DEC, HEX), the separator between the bytes of BYTES (DOT to SPACE), and
 * whether a time of 0 prints as NULL (NTP). */
#define FIELD_BASES(BASE)                                                                                    \
    BASE(NONE)                                                                                               \
    BASE(DEC)                                                                                                \
    BASE(HEX)                                                                                                \
    BASE(DOT)                                                                                                \
    BASE(DASH)                                                                                               \
    BASE(COLON)                                                                                              \
    BASE(SPACE)                                                                                              \
    BASE(NTP)

#endif
