/* Rows of text cells laid out in columns that fit a width.
 *
 * Invariant: if the fixed columns fit, no line is wider than the width. To save room, grid_fit shortens very
 * long values, drops the date of a time and then its milliseconds, narrows the gaps, drops the early spare
 * columns, shortens IPv6 addresses to the width of IPv4 addresses, shortens values, drops the whole time,
 * shortens IPv6 addresses further, drops more spare columns, drops value columns, and drops the last spare
 * columns, in this order. IPv4 addresses are never shortened.
 */
#include "grid.h"

#include <string.h>

#include "say.h"

enum {
    GAP_WIDE = 2,
    GAP_NARROW = 1,
    ADDRESS_WHOLE = 21, /* "255.255.255.255:65535" */
    ADDRESS_SMALL = 17,
    ADDRESS_LEAST = 12,
    VALUE_MOST = 40,
    VALUE_SMALL = 12,
    VALUE_LEAST = 6,
    TIME_WHOLE = 23,
    DATE_LENGTH = 11,
    MILLISECONDS_LENGTH = 4
};

void grid_cell(struct grid *grid, const char *bytes, size_t len)
{
    text_add(&grid->text, bytes, len);
    text_add(&grid->text, "", 1);
    grid->n_cells++;
}

void grid_clear(struct grid *grid)
{
    grid->text.len = 0;
    grid->n_cells = 0;
}

/* An IPv4 address has no colon, or only the one before its port. */
static bool is_ipv6(const char *text)
{
    const char *colon = strchr(text, ':');
    return colon && strchr(colon + 1, ':');
}

static void measure(struct grid *grid)
{
    for (size_t c = 0; c < grid->n_columns; c++) {
        grid->columns[c].natural = say_width(grid->columns[c].title, strlen(grid->columns[c].title));
        grid->columns[c].whole = 0;
    }
    const char *cell = grid->text.p;
    for (size_t i = 0; i < grid->n_cells; i++) {
        struct grid_column *column = &grid->columns[i % grid->n_columns];
        size_t len = strlen(cell);
        size_t width = say_width(cell, len);
        column->natural = width > column->natural ? width : column->natural;
        if (column->kind == GRID_ADDRESS && width > column->whole && !is_ipv6(cell))
            column->whole = width;
        cell += len + 1;
    }
    for (size_t c = 0; c < grid->n_columns; c++) {
        grid->columns[c].width = grid->columns[c].natural;
        grid->columns[c].hidden = false;
        grid->columns[c].skip = 0;
    }
}

static size_t total(const struct grid *grid)
{
    size_t sum = 0;
    for (size_t c = 0; c < grid->n_columns; c++)
        if (!grid->columns[c].hidden)
            sum += grid->columns[c].width + (sum ? grid->gap : 0);
    return sum;
}

/* Narrows the widest column of a kind by one, again and again, until all fits or none is wider than `least`.
 */
static void narrow(struct grid *grid, enum grid_kind kind, size_t least, size_t width)
{
    for (size_t over = total(grid); over > width; over--) {
        struct grid_column *widest = NULL;
        for (size_t c = 0; c < grid->n_columns; c++) {
            struct grid_column *column = &grid->columns[c];
            if (column->kind == kind && !column->hidden && column->width > least &&
                column->width > column->whole && (!widest || column->width > widest->width))
                widest = column;
        }
        if (!widest)
            return;
        widest->width--;
    }
}

static void narrow_time(struct grid *grid, size_t skip, size_t len, size_t width)
{
    for (size_t c = 0; c < grid->n_columns && total(grid) > width; c++) {
        struct grid_column *column = &grid->columns[c];
        if (column->kind != GRID_TIME)
            continue;
        column->skip = skip;
        column->width = len;
        column->hidden = len == 0;
    }
}

static void hide_spare(struct grid *grid, enum grid_spare spare, size_t width)
{
    if (total(grid) <= width)
        return;
    for (size_t c = 0; c < grid->n_columns; c++)
        grid->columns[c].hidden |= grid->columns[c].spare == spare;
}

static size_t hide_values(struct grid *grid, size_t width)
{
    size_t n = 0;
    for (size_t c = grid->n_columns; c-- > 0 && total(grid) > width;)
        if (grid->columns[c].kind == GRID_VALUE) {
            grid->columns[c].hidden = true;
            n++;
        }
    return n;
}

static size_t show_from_left(struct grid *grid, size_t width)
{
    size_t n = 0;
    narrow(grid, GRID_VALUE, VALUE_SMALL, width);
    for (size_t c = grid->n_columns; c-- > 1 && total(grid) > width; n++)
        grid->columns[c].hidden = true;
    return n;
}

size_t grid_fit(struct grid *grid, size_t width)
{
    measure(grid);
    grid->gap = GAP_WIDE;
    grid->shorten = width > 0;
    if (!width)
        return 0;
    if (grid->from_left)
        return show_from_left(grid, width);
    narrow(grid, GRID_VALUE, VALUE_MOST, width);
    size_t clock = TIME_WHOLE - DATE_LENGTH;
    narrow_time(grid, DATE_LENGTH, clock, width);
    narrow_time(grid, DATE_LENGTH, clock - MILLISECONDS_LENGTH, width);
    if (total(grid) > width)
        grid->gap = GAP_NARROW;
    hide_spare(grid, SPARE_EARLY, width);
    narrow(grid, GRID_ADDRESS, ADDRESS_WHOLE, width);
    narrow(grid, GRID_VALUE, VALUE_SMALL, width);
    narrow_time(grid, 0, 0, width);
    narrow(grid, GRID_ADDRESS, ADDRESS_SMALL, width);
    hide_spare(grid, SPARE_SOON, width);
    hide_spare(grid, SPARE_LATE, width);
    narrow(grid, GRID_VALUE, VALUE_LEAST, width);
    narrow(grid, GRID_ADDRESS, ADDRESS_LEAST, width);
    size_t n_hidden = hide_values(grid, width);
    hide_spare(grid, SPARE_LAST, width);
    return n_hidden;
}

static void pad(struct out *out, size_t n)
{
    while (n--)
        out_char(out, ' ');
}

/* The longest start of the text that is at most `width` wide. */
static size_t head_of(const char *text, size_t len, size_t width)
{
    size_t at = 0;
    while (at < len) {
        unsigned code = 0;
        size_t n = say_utf8_next(text + at, len - at, &code);
        n = n ? n : 1;
        if (say_width(text, at + n) > width)
            break;
        at += n;
    }
    return at;
}

/* The end of an address that must stay: "]:443" or ":443". */
static size_t port_of(const char *text, size_t len)
{
    const char *colon = strrchr(text, ':');
    const char *first = memchr(text, ':', len);
    if (!colon || (colon != first && colon[-1] != ']'))
        return len;
    return (size_t)(colon - text) - (colon > text && colon[-1] == ']');
}

static void write_middle(struct out *out, const char *text, size_t len, size_t width, const char *mark)
{
    size_t port = port_of(text, len);
    size_t tail = len - port;
    size_t room = width > tail + 1 ? width - tail - 1 : 0;
    size_t back = room / 2 < port ? room / 2 : port;
    out_bytes(out, text, room - room / 2 < port ? room - room / 2 : port);
    out_text(out, mark);
    out_bytes(out, text + port - back, back + tail);
}

/* Writes a cell that is too wide: exactly column->width wide, or one less if a wide character would end it.
 */
static void write_short(const struct grid *grid, struct out *out, const struct grid_column *column,
                        const char *text, size_t len)
{
    const char *mark = grid->utf8 ? "\u2026" : "~";
    if (column->kind == GRID_ADDRESS) {
        write_middle(out, text, len, column->width, mark);
        return;
    }
    size_t head = head_of(text, len, column->width - 1);
    out_bytes(out, text, head);
    out_text(out, mark);
    pad(out, column->width - 1 - say_width(text, head));
}

static void write_cell(const struct grid *grid, struct out *out, const struct grid_column *column,
                       const char *text, bool last)
{
    size_t len = strlen(text);
    if (column->kind == GRID_TIME && len > column->skip) {
        text += column->skip;
        len = len - column->skip < column->width ? len - column->skip : column->width;
    }
    size_t width = say_width(text, len);
    size_t space = width < column->width ? column->width - width : 0;
    bool six = column->kind == GRID_ADDRESS && is_ipv6(text);
    bool may_shorten = grid->shorten && (six || column->kind == GRID_VALUE);
    if (column->kind == GRID_NUMBER)
        pad(out, space);
    if (may_shorten && width > column->width)
        write_short(grid, out, column, text, len);
    else
        out_bytes(out, text, len);
    if (column->kind != GRID_NUMBER && !last)
        pad(out, space);
}

static size_t last_shown(const struct grid *grid)
{
    size_t last = 0;
    for (size_t c = 0; c < grid->n_columns; c++)
        if (!grid->columns[c].hidden)
            last = c;
    return last;
}

static void write_coloured(const struct grid *grid, struct out *out, const struct grid_column *column,
                           const char *text, const char *sgr, bool last)
{
    if (!grid->colour || !sgr) {
        write_cell(grid, out, column, text, last);
        return;
    }
    out_text(out, "\x1b[");
    out_text(out, sgr);
    out_char(out, 'm');
    write_cell(grid, out, column, text, last);
    out_text(out, "\x1b[0m");
}

void grid_titles(const struct grid *grid, struct out *out)
{
    size_t last = last_shown(grid);
    for (size_t c = 0; c <= last; c++) {
        struct grid_column column = grid->columns[c];
        if (column.hidden)
            continue;
        if (column.kind == GRID_TIME)
            column.skip = 0;
        write_coloured(grid, out, &column, column.title, "1", c == last);
        if (c < last)
            pad(out, grid->gap);
    }
    out_char(out, '\n');
}

const char *grid_row(const struct grid *grid, struct out *out, const char *cell)
{
    size_t last = last_shown(grid);
    for (size_t c = 0; c < grid->n_columns; c++) {
        const struct grid_column *column = &grid->columns[c];
        size_t len = strlen(cell);
        if (!column->hidden) {
            bool zero = column->kind == GRID_NUMBER && *cell == '0';
            write_coloured(grid, out, column, cell, zero ? "2" : column->sgr, c == last);
            if (c < last)
                pad(out, grid->gap);
        }
        cell += len + 1;
    }
    out_char(out, '\n');
    return cell;
}
