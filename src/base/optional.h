/* The optional libraries of this build. CMake defines FC_NO_CRYPTO and FC_NO_PCRE2 where they are missing.
 * What needs them is then not native: libwireshark answers it, or it is an error that names the library. */
#ifndef FC_BASE_OPTIONAL_H
#define FC_BASE_OPTIONAL_H

#ifdef FC_NO_CRYPTO
enum { HAS_CRYPTO = 0 };
#else
enum { HAS_CRYPTO = 1 };
#endif

#define NO_CRYPTO_TEXT "this build has no cryptographic library (libssl-dev)"
#define NO_PCRE2_TEXT "this build has no library for regular expressions (libpcre2-dev)"

#endif
