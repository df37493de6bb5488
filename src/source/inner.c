/* The functions that the readers of all formats share: how a source ends, its interfaces, the name of its
 * format. */
#include "source/inner.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"

enum fc_status source_end(struct source *s, struct frame *out, struct fc_error *err)
{
    (void)s, (void)err;
    *out = (struct frame){0};
    return FC_OK;
}

enum fc_status source_cut(struct source *s, struct fc_error *err)
{
    struct window *w = &s->window;
    if (w->quiet)
        return FC_OK;
    s->next = source_end;
    int64_t offset = (int64_t)window_offset(w);
    if (w->failure.status != FC_OK)
        return error_set(err, w->failure.status, offset, "%s", w->failure.text);
    if (window_left(w) == 0)
        return FC_OK;
    return error_set(err, FC_CUT, offset, "cut short: the record at offset %lld has only %zu bytes",
                     (long long)offset, window_left(w));
}

enum fc_status source_damaged(struct source *s, uint64_t offset, struct fc_error *err, const char *format,
                              ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return source_stop(s, FC_FORMAT, offset, err, "damaged at offset %llu: %s", (unsigned long long)offset,
                       text);
}

enum fc_status source_stop(struct source *s, enum fc_status status, uint64_t offset, struct fc_error *err,
                           const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    s->next = source_end;
    return error_set(err, status, (int64_t)offset, "%s", text);
}

uint32_t source_max_packet(uint32_t link_type)
{
    switch (link_type) {
    case 189: /* USB_LINUX */
    case 220: /* USB_LINUX_MMAPPED */
    case 231: /* DBUS */
    case 249: /* USBPCAP */
        return 128u << 20;
    case 279: /* EBHSCR */
        return 8u << 20;
    default:
        return 262144;
    }
}

struct source_interface *source_add_interface(struct source *s)
{
    if (!memory_reserve((void **)&s->interfaces, &s->interfaces_capacity, s->n_interfaces + 1,
                        sizeof s->interfaces[0]))
        return NULL;
    struct source_interface *interface = memory_zero(1, sizeof *interface);
    if (!interface)
        return NULL;
    interface->shown.section = s->n_sections ? s->n_sections - 1 : 0;
    interface->shown.id = (uint32_t)(s->n_interfaces - s->first_interface);
    interface->shown.fcs_len = -1;
    interface->resolution = 6;
    s->interfaces[s->n_interfaces++] = interface;
    return interface;
}

void source_set_format(struct source *s, const char *format)
{
    snprintf(s->format, sizeof s->format, "%s%s", format, s->packing);
}
