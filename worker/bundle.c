/* SPDX-License-Identifier: GPL-2.0-or-later
 * A bundle is a folder with this program, the libraries of Wireshark, their plugins and their data files
 * (tools/release/bundle.py). libwireshark looks for the last two in folders of the system, unless the
 * environment names others (tshark(1), WIRESHARK_PLUGIN_DIR and WIRESHARK_DATA_DIR). It disregards these
 * variables if it is started by root (observed with 4.0.17), so that a program with the rights of root loads
 * no code of its user. This program is started by the owner of the environment, and the folder is its own. */
#include "bundle.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim.h"

enum { NOBODY = 65534, NOT_LOADED = 127 /* the status of the loader without a library */ };

static bool name_folder(const char *variable, const char *base, const char *inside)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/%s", base, inside);
    return len > 0 && (size_t)len < sizeof path && !access(path, R_OK | X_OK) && !setenv(variable, path, 1);
}

/* Whether this program is in a bundle. The variables then name its folders. */
static bool name_folders(void)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len <= 0)
        return false;
    path[len] = 0;
    *strrchr(path, '/') = 0;
    return name_folder("WIRESHARK_PLUGIN_DIR", path, "plugins") &&
           name_folder("WIRESHARK_DATA_DIR", path, "share");
}

/* A namespace of users may lack the user nobody. Without the plugins, fields would be missing without a word,
 * so the program ends as if its libraries were not there. */
void bundle_start(void)
{
    bool hides = name_folders() && !getuid();
    if (hides && (setresgid(NOBODY, NOBODY, 0) || setresuid(NOBODY, NOBODY, 0)))
        exit(NOT_LOADED);
    init_process_policies(); /* remembers who started the program */
    if (hides && (setresuid(0, 0, 0) || setresgid(0, 0, 0)))
        exit(NOT_LOADED);
}
