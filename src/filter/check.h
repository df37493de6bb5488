/* What checking tests and checking values share. Inside the room. */
#ifndef FC_FILTER_CHECK_H
#define FC_FILTER_CHECK_H

#include "filter/tree.h"

struct checker {
    struct arena *arena;
    struct problem *problem;
};

/* Notes what is not reproduced; false. */
bool check_foreign(struct checker *c, const struct node *n, const char *what);
/* The same of a name that is not native; false. */
bool check_unknown(struct checker *c, const struct node *n);

bool check_is_bytes(int type);
/* Whether Wireshark lets a stand left of b; whether the VM compares them. */
bool check_compatible(int a, int b);
bool check_comparable(int a, int b);

/* A literal that is the name of a native field or protocol becomes one. */
void check_resolve(struct node *n);
bool check_is_name(const struct node *n);
/* Whether an error can name the value: a field with layers is shown in a way of its own. */
bool check_can_name(const struct node *n);
/* A quoted text as an error shows it: only when it needs no escapes. */
bool check_is_plain(const struct token *t);
/* What an arithmetic expression starts with. */
const struct node *check_leftmost(const struct node *n);

/* Gives the value its type. `type`: what a literal is read as; -1: a literal cannot stand here. */
bool check_value(struct checker *c, struct node *n, int type, const struct node *field);

#endif
