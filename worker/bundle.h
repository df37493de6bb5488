/* The folder of the program as a bundle of Wireshark. */
#ifndef FCW_BUNDLE_H
#define FCW_BUNDLE_H

/* Starts the policies of libwireshark (wsutil/privileges.h), which decide from where it loads plugins. It
 * takes plugins and data files from the folders `plugins` and `share` beside this program, if they are there.
 * Ends the program if libwireshark would disregard them. */
void bundle_start(void);

#endif
