/* Runs a fuzz target over the files of a folder: the corpus as a plain test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns false if the file cannot be read. The copy has the exact length, so that the sanitizer sees every
 * overrun. */
static int replay(const char *path)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f)
        return 0;
    int ok = fstat(fileno(f), &st) == 0;
    size_t len = ok ? (size_t)st.st_size : 0;
    uint8_t *data = malloc(len ? len : 1);
    ok = ok && data && fread(data, 1, len, f) == len;
    fclose(f);
    if (ok)
        LLVMFuzzerTestOneInput(data, len);
    free(data);
    return ok;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    int passed = 0, failed = 0;
    DIR *dir = opendir(argv[1]);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        int ok = replay(path);
        if (!ok)
            printf("cannot read %s\n", path);
        passed += ok;
        failed += !ok;
    }
    if (dir)
        closedir(dir);
    if (passed + failed == 0) {
        printf("no inputs in %s\n", argv[1]);
        failed = 1;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
