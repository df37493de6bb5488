/* Inside the room: functions that check.c (tests) and check_value.c (values) share. */
#ifndef FC_FILTER_CHECK_H
#define FC_FILTER_CHECK_H

#include "filter/tree.h"

struct checker {
    struct arena *arena;
    struct problem *problem;
};

/* Reports a part of the language that is not reproduced here: "not native, because of `what`". Returns
 * false. */
bool check_not_native(struct checker *c, const struct node *n, const char *what);
/* Reports a name that is not a native field or protocol as not native. Returns false. */
bool check_unknown(struct checker *c, const struct node *n);

bool check_is_bytes(int type);
/* Whether Wireshark accepts a value of type a on the left of type b; whether the VM can compare the two. */
bool check_compatible(int a, int b);
bool check_comparable(int a, int b);

/* Turns a literal that is the name of a native field or protocol into N_FIELD. */
void check_resolve(struct node *n);
bool check_is_name(const struct node *n);
/* Returns true if an error message can name the value. A field with layers is shown in another way, so it
 * cannot. */
bool check_can_name(const struct node *n);
/* Returns true if a quoted text needs no escapes, so that an error message can show it. */
bool check_is_plain(const struct token *t);
/* Returns the leftmost operand of an arithmetic expression. */
const struct node *check_leftmost(const struct node *n);

/* Checks a value and gives it its type. A literal is converted to `type`, that of the other side, which is
 * `field` if it is a field; with type -1 a literal is not allowed. Returns false on a problem. */
bool check_value(struct checker *c, struct node *n, int type, const struct node *field);

#endif
