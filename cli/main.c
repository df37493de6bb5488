/* The plain executable: the command without the file formats that the Python package adds.
 *
 * Invariant: everything the command can do is in cli_main; nothing is decided here.
 */
#include "cli.h"

int main(int argc, char **argv) { return cli_main(argc, argv, NULL, 0); }
