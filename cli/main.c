/* The plain executable: the command without the file formats that the Python package adds.
 *
 * Invariant: this file only calls cli_main.
 */
#include "cli.h"

int main(int argc, char **argv) { return cli_main(argc, argv, NULL, 0); }
