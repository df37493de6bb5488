/* Errors. A program reads the status, a tool the offset, a person the line of text. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

enum fc_status error_set(struct fc_error *err, enum fc_status status, int64_t offset, const char *format, ...)
{
    if (!err)
        return status;
    err->status = status;
    err->offset = offset;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return status;
}

enum fc_status error_memory(struct fc_error *err) { return error_set(err, FC_MEMORY, -1, "out of memory"); }

const char *fc_status_name(enum fc_status status)
{
    static const char *const names[] = {
        [FC_OK] = "ok",
        [FC_NOT_FOUND] = "not_found",
        [FC_IO] = "io",
        [FC_FORMAT] = "format",
        [FC_CUT] = "cut",
        [FC_UNSUPPORTED] = "unsupported",
        [FC_NO_FLOWS] = "no_flows",
        [FC_USAGE] = "usage",
        [FC_FIELD] = "field",
        [FC_FILTER] = "filter",
        [FC_MEMORY] = "memory",
        [FC_CANCELLED] = "cancelled",
    };
    if ((unsigned)status >= sizeof names / sizeof names[0])
        return "unknown";
    return names[status];
}

const char *fc_version(void) { return FC_VERSION; }
