/* The bytes of packets that --bytes asks for.
 *
 * Invariant: each text is taken apart in place, in a copy that lives as long as the options. The library
 * checks names, numbers and the words of starts and masks; this file knows the form alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "say.h"

#define FORM                                                                                                 \
    "--bytes takes NAME=START:NxL or NAME=START:NxL:mask=WORD+WORD, such as "                                \
    "head=ip:5x80:mask=addresses+ports"

/* The number at *text, and moves *text behind it; false: there is none that 32 bits can hold. */
static bool take_number(uint32_t *out, char **text)
{
    char *end = *text;
    errno = 0;
    unsigned long value = strtoul(*text, &end, 10);
    if (**text < '0' || **text > '9' || errno || value > UINT32_MAX)
        return false;
    *out = (uint32_t)value;
    *text = end;
    return true;
}

/* "5x80"; "80": as many packets as --packets says, or at the level of packets. */
static bool take_shape(struct fc_bytes *bytes, char *text, bool *has_packets)
{
    if (!take_number(&bytes->length, &text))
        return false;
    *has_packets = *text == 'x';
    if (!*has_packets)
        return !*text;
    text++;
    bytes->packets = bytes->length;
    return take_number(&bytes->length, &text) && !*text;
}

static bool has_form(const char *text)
{
    const char *start = strchr(text, '='), *shape = start ? strchr(start, ':') : NULL;
    const char *mask = shape ? strchr(shape + 1, ':') : NULL;
    return shape && start > text && (!mask || !strncmp(mask, ":mask=", 6));
}

static int parse_matrix(struct fc_bytes *bytes, char *text)
{
    struct fc_error err = {0};
    bool has_packets;
    text += strspn(text, " ");
    if (!has_form(text))
        return say_usage(FORM ", not \"%s\"", text);
    char *name = strsep(&text, "="), *start = strsep(&text, ":"), *shape = strsep(&text, ":"), *mask = text;
    *bytes = (struct fc_bytes){.name = name};
    if (!take_shape(bytes, shape, &has_packets))
        return say_usage("--bytes %s: \"%s\" is not NxL, N packets of L bytes, such as 5x80", name, shape);
    if (has_packets && !bytes->packets)
        return say_usage("--bytes %s: the first 1 to 65535 packets of a flow, not 0", name);
    if (mask && !mask[5 + strspn(mask + 5, "+ ")])
        return say_usage("--bytes %s: the mask is empty; leave out :mask= for bytes without a mask", name);
    if (fc_start_parse(&bytes->start, start, &err) || (mask && fc_mask_parse(&bytes->mask, mask + 5, &err)))
        return say_usage("--bytes %s: %s", name, err.text);
    return 0;
}

int bytes_parse(struct opt *opt, const char *text)
{
    void *items = opt->bytes;
    char *rest = columns_copy(opt, text, &items, opt->n_bytes, sizeof *opt->bytes);
    opt->bytes = items;
    int bad = rest ? 0 : EXIT_OUTPUT;
    while (!bad && rest)
        bad = parse_matrix(&opt->bytes[opt->n_bytes++], strsep(&rest, ","));
    opt->run.bytes = opt->bytes;
    opt->run.n_bytes = opt->n_bytes;
    return bad;
}
