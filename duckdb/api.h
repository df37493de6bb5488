/* DuckDB's C extension API: the part that is stable since 1.2.0. */
#ifndef DUCKDB_API_H
#define DUCKDB_API_H

#define DUCKDB_EXTENSION_NAME flowcontainer
#define DUCKDB_EXTENSION_API_VERSION_MAJOR 1
#define DUCKDB_EXTENSION_API_VERSION_MINOR 2
#define DUCKDB_EXTENSION_API_VERSION_PATCH 0
#include "duckdb_extension.h"

DUCKDB_EXTENSION_EXTERN

#endif
