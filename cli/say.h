/* The messages of the command on standard error, and text made safe for a terminal. */
#ifndef FC_CLI_SAY_H
#define FC_CLI_SAY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "flowcontainer.h"
#include "writer.h"

/* Exit statuses; docs/guide/command.md documents them. */
enum { EXIT_WHOLE = 0, EXIT_DAMAGED = 1, EXIT_USAGE = 2, EXIT_UNREADABLE = 3, EXIT_OUTPUT = 4 };

/* Prints "flowcontainer: TEXT\n", with control characters escaped. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints the same and a line that points to --help; returns EXIT_USAGE. */
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints an error of the library; for an error in the filter, also the filter with a caret under the place.
 */
void say_error(const struct fc_error *err, const char *filter);

/* Whether the locale (LC_ALL, LC_CTYPE, LANG) names UTF-8. */
bool say_utf8(void);
/* The columns of the terminal on this descriptor; 0 if it is not a terminal. */
size_t say_screen_width(int fd);
/* Whether to use colour on this descriptor: it is a terminal, NO_COLOR is not set, TERM is not dumb. */
bool say_colour(int fd);

/* Appends lines of a text format as a terminal may see them: line feeds stay, all else is as say_clean has
 * it. */
void say_lines(struct text *out, const char *bytes, size_t len);
/* Appends text for a terminal: control characters and broken UTF-8 become \xNN, and without utf8 so does
 * every byte that is not ASCII. */
void say_clean(struct text *out, const char *bytes, size_t len, bool utf8);
/* The columns of the screen that clean text takes. */
size_t say_width(const char *text, size_t len);
/* The length of the UTF-8 character at bytes (1 to 4), or 0 if it is broken; *out gets its code point. */
size_t say_utf8_next(const char *bytes, size_t len, unsigned *out);

#endif
