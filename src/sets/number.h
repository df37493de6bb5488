/* Doubles as text, as the languages of the originals write them. The C library's locale has no influence. */
#ifndef FC_SETS_NUMBER_H
#define FC_SETS_NUMBER_H

#include <stddef.h>

enum { SET_NUMBER_CAP = 40 };

/* Each function writes the text without a final NUL and returns its length. The digits are the fewest that
 * give the same double when they are read. */

/* As Double.toString of Java: 0.001, 118526.625, 5.2416119E7, NaN, Infinity. Java before release 19 sometimes
 * writes a digit more than is needed; this function never does. */
size_t set_number_java(char out[SET_NUMBER_CAP], double value);
/* As repr of Python: 1e-05, 118526.625, 1e+16, nan, inf. */
size_t set_number_python(char out[SET_NUMBER_CAP], double value);
/* As Zeek's JSON: 0.000001, 118526.625, 1e-7, 1e22; the value is finite. */
size_t set_number_json(char out[SET_NUMBER_CAP], double value);
/* As printf's %.6f; nothing for a value that is not finite. */
size_t set_number_fixed(char out[SET_NUMBER_CAP], double value);

#endif
