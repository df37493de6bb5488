/* Bytes of packets that a query asks for: one struct a matrix, checked. */
#ifndef FC_TABLE_MATRIX_H
#define FC_TABLE_MATRIX_H

#include <flowcontainer.h>

/* The columns of a matrix. */
enum matrix_part {
    MATRIX_BYTES,
    MATRIX_SIZES, /* the bytes that the packets had */
    MATRIX_COUNT, /* packets in the matrix; not at the levels of packets and frames */
    MATRIX_HASH,  /* of bytes and sizes; likewise, and only where it is asked for by name */
    N_MATRIX_PARTS
};

struct matrix {
    struct fc_bytes asked; /* all of it given, `packets` too; the name lives as long as the query */
    const char *names[N_MATRIX_PARTS];          /* the columns', before the caller renames them */
    char packets_format[12], length_format[12]; /* Arrow format strings: "+w:5"; "+w:80" or "w:80" */
};

/* Wanted columns of matrices are numbered so. */
static inline uint32_t matrix_index(size_t matrix, enum matrix_part part)
{
    return (uint32_t)matrix * N_MATRIX_PARTS + part;
}

#endif
