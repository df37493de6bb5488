/* Invariant: what is handed out is read from its start, and is no file of the user's that was changed. */
#include "shark/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "shark/spool.h"
#include "source/source.h"

static enum fc_status unpack(int *out, const struct input *input, struct fc_error *err)
{
    int to = spool_file();
    if (to < 0)
        return spool_error(err);
    enum fc_status status = source_unpack(input->name, input->memory, input->len, to, err);
    if (status)
        close(to);
    else
        *out = to;
    return status;
}

enum fc_status plain_open(int *out, const struct input *input, int given, struct fc_error *err)
{
    if (given < 0 && input->memory)
        return unpack(out, input, err);
    if (given < 0 && source_reads_once(input->name))
        return error_set(err, FC_UNSUPPORTED, -1, "can be read only once");
    int file = given >= 0 ? fcntl(given, F_DUPFD_CLOEXEC, 0) : open(input->name, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return error_set(err, FC_IO, -1, "cannot open: %s", strerror(errno));
    if (!source_is_packed(file)) {
        *out = file;
        return FC_OK;
    }
    close(file);
    return unpack(out, input, err);
}
