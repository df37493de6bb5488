/* Patterns of names: a regular expression, a file-name pattern, or a word.
 *
 * Invariant: a regular expression is compiled once, and freed with the patterns.
 */
#include "patterns.h"

#include <fnmatch.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

struct pattern {
    char text[256]; /* with the protocol's new name */
    regex_t regex;
    bool is_regex;
};

/* "/^tls.*ja3/": between slashes, an extended regular expression. */
static int compile(struct pattern *p, const char *text)
{
    char why[128];
    size_t n = strlen(text);
    if (n >= sizeof p->text)
        return say_usage("a pattern has at most %zu bytes", sizeof p->text - 1);
    if (n < 3 || text[0] != '/' || text[n - 1] != '/')
        return 0;
    memcpy(p->text, text + 1, n - 2);
    p->text[n - 2] = 0;
    int bad = regcomp(&p->regex, p->text, REG_EXTENDED | REG_NOSUB);
    p->is_regex = !bad;
    if (!bad)
        return 0;
    regerror(bad, NULL, why, sizeof why);
    return say_usage("%s is not a regular expression: %s", text, why);
}

int patterns_read(struct patterns *all, const struct opt *opt, const struct fc_fields *fields)
{
    all->items = calloc(opt->n_paths + 1, sizeof *all->items);
    if (!all->items) {
        say("out of memory");
        return EXIT_OUTPUT;
    }
    for (all->n = 0; all->n < opt->n_paths; all->n++) {
        struct pattern *p = &all->items[all->n];
        int bad = compile(p, opt->paths[all->n]);
        if (bad)
            return bad;
        if (!p->is_regex && !fields)
            strcpy(p->text, opt->paths[all->n]);
        else if (!p->is_regex)
            fc_fields_today(p->text, sizeof p->text, fields, opt->paths[all->n]);
    }
    return 0;
}

void patterns_free(struct patterns *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].is_regex)
            regfree(&all->items[i].regex);
    free(all->items);
}

static bool matches_one(const struct pattern *p, const char *name, const char *description)
{
    if (p->is_regex)
        return regexec(&p->regex, name, 0, NULL, 0) == 0;
    if (strpbrk(p->text, "*?["))
        return fnmatch(p->text, name, 0) == 0;
    return strcasestr(name, p->text) || strcasestr(description, p->text);
}

bool patterns_match(const struct patterns *all, const char *name, const char *description)
{
    for (size_t i = 0; i < all->n; i++)
        if (matches_one(&all->items[i], name, description))
            return true;
    return all->n == 0;
}
