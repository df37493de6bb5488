/* Inside the room: the program of a filter. The comments in vm.c say what each opcode does. */
#ifndef FC_FILTER_CODE_H
#define FC_FILTER_CODE_H

#include "filter/tree.h"

enum opcode {
    OP_EXISTS,
    OP_TEST,
    OP_FIELD,
    OP_CONST,
    OP_COMPARE,
    OP_RANGE,
    OP_CONTAINS,
    OP_MATCHES,
    OP_NONZERO,
    OP_NONEMPTY,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_MODULO,
    OP_AND,
    OP_MINUS,
    OP_SLICE,
    OP_LEN,
    OP_COUNT,
    OP_UPPER,
    OP_LOWER,
    OP_STRING,
    OP_GATHER,
    OP_MAX,
    OP_MIN,
    OP_ABS,
    OP_NOT,
    OP_JUMP_TRUE,
    OP_JUMP_FALSE,
    OP_RETURN,
    N_OPCODES
};

/* How an instruction reads the values of its registers. */
enum kind {
    K_UINT,   /* u */
    K_NUMBER, /* i; with len SIGNED, arithmetic made it signed */
    K_INT,    /* i, of signed fields */
    K_TIME,   /* i, in nanoseconds */
    K_DOUBLE, /* f */
    K_BYTES,  /* the shorter one is the lesser; bytes of equal length compare byte by byte */
    K_STRING, /* byte by byte; if one is the beginning of the other, it is the lesser */
    K_IP4,    /* u; only the bits of the constant's prefix count */
    K_IP6     /* bytes; only the bits of the constant's prefix count */
};

/* The outcomes of a comparison of two values, one bit each. */
enum outcome {
    OUT_LESS = 1,
    OUT_EQUAL = 2,
    OUT_GREATER = 4,
    OUT_UNEQUAL = 8 /* neither equal nor less nor greater */
};

enum { NO_LAYERS = 0xffff, SIGNED = 1 };

struct insn {
    uint8_t op;
    uint8_t kind; /* enum kind */
    uint8_t hits; /* comparisons: the outcomes that count as a hit, bits of enum outcome */
    uint8_t all;  /* comparisons: every pair must be a hit; 0: one pair is enough */
    uint16_t a, b, c;
    uint16_t layers; /* index of ranges, or NO_LAYERS */
    uint32_t p;      /* jumps: the target; other opcodes: index of ranges or patterns */
};

struct filter {
    struct arena arena; /* owns the nodes and the values of constants */
    struct insn *code;
    struct constant *constants;
    const struct range **ranges; /* of slices and layers */
    void **patterns;
    uint32_t n_code, n_constants, n_ranges, n_patterns;
    uint32_t n_registers;
    int16_t slots[F_COUNT], protocols[P_COUNT];
    uint16_t n_slots, n_protocols;
    uint16_t slot_ids[F_COUNT + P_COUNT];
};

/* Compiles a checked tree. Returns false on a problem. */
bool compile_filter(struct filter *filter, const struct node *root, struct problem *problem);

/* PCRE2. The pattern is compiled without regard to case; regex_compile returns NULL on a problem,
 * regex_data_new when memory ends. */
void *regex_compile(const char *pattern, uint32_t len, struct problem *problem);
void regex_free(void *regex);
void *regex_data_new(void);
void regex_data_free(void *data);
bool regex_matches(const void *regex, void *data, const uint8_t *bytes, uint32_t len);

#endif
