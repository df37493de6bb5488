# The DuckDB extension; included by the top CMakeLists.txt. DuckDB loads a shared library whose last 512 bytes describe it.
find_package(Python3 COMPONENTS Interpreter QUIET)
if(NOT Python3_Interpreter_FOUND)
  message(STATUS "The DuckDB extension is not built: it needs python3 to write its description")
  return()
endif()

add_library(duckdb_extension MODULE duckdb/extension.c duckdb/query.c duckdb/vectors.c)
target_include_directories(duckdb_extension SYSTEM PRIVATE ${CMAKE_SOURCE_DIR}/duckdb/vendor)
target_link_libraries(duckdb_extension PRIVATE flowcontainer_static fc_flags)
target_link_options(duckdb_extension PRIVATE -Wl,--exclude-libs,ALL) # it exports its entry point alone
set(FC_DUCKDB_FILE ${CMAKE_BINARY_DIR}/flowcontainer.duckdb_extension)
add_custom_command(TARGET duckdb_extension POST_BUILD
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/duckdb/describe.py $<TARGET_FILE:duckdb_extension> ${FC_DUCKDB_FILE}
    ${PROJECT_VERSION}
  BYPRODUCTS ${FC_DUCKDB_FILE})
install(FILES ${FC_DUCKDB_FILE} DESTINATION ${CMAKE_INSTALL_LIBDIR}/flowcontainer)
