/* What the command says on standard error: messages, and text made safe for a terminal. */
#ifndef FC_CLI_SAY_H
#define FC_CLI_SAY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "flowcontainer.h"
#include "writer.h"

/* Exit statuses; the meaning of each is part of the documentation. */
enum { EXIT_WHOLE = 0, EXIT_DAMAGED = 1, EXIT_USAGE = 2, EXIT_UNREADABLE = 3, EXIT_OUTPUT = 4 };

/* "flowcontainer: TEXT\n"; control characters come out escaped. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, and the line that points to --help; returns EXIT_USAGE. */
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* An error of the library; for one in the filter also the filter with a caret under the place. */
void say_error(const struct fc_error *err, const char *filter);

/* Does the locale (LC_ALL, LC_CTYPE, LANG) say UTF-8? */
bool say_utf8(void);
/* Colour on this descriptor: a terminal, NO_COLOR not set, TERM not dumb. */
bool say_colour(int fd);

/* Appends text for a terminal: control characters and broken UTF-8 as \xNN, without utf8 all that is not
 * ASCII. */
void say_clean(struct text *out, const char *bytes, size_t len, bool utf8);
/* Columns of the screen that clean text takes. */
size_t say_width(const char *text, size_t len);
/* Length of the UTF-8 character at bytes (1 to 4), 0 when it is broken; its code point in *out. */
size_t say_utf8_next(const char *bytes, size_t len, unsigned *out);

#endif
