/* Invariant: the copy is opened only when it has been written whole. */
#include "shark/alien.h"

#include <stdio.h>
#include <unistd.h>

#include "shark/convert.h"
#include "shark/file.h"
#include "shark/start.h"

enum fc_status alien_open(struct source **out, struct shark *shark, const struct input *input, int given,
                          const struct progress *progress, struct fc_error *err)
{
    struct worker *worker = shark_worker(shark);
    int capture = -1, file = -1;
    struct fc_error other; /* the error of the native reader says more */
    char copy[32];
    if (!worker)
        return err->status;
    enum fc_status status = file_descriptor(&capture, input, given, worker, progress, &other);
    if (!status) {
        status = convert_file(&file, capture, worker, progress, &other);
        close(capture);
    }
    if (status == FC_CANCELLED || status == FC_MEMORY)
        return status;
    if (status)
        return err->status;
    snprintf(copy, sizeof copy, "/proc/self/fd/%d", file);
    status = source_open(out, copy, err);
    close(file);
    return status;
}
