# flowcontainer-worker: the wireshark engine, a program of its own (GPL-2.0-or-later, worker/COPYING). Built where the
# headers of libwireshark are; without them everything else works and says what is missing.
if(FC_WORKERS)
  return()
endif()
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(WIRESHARK QUIET wireshark)
endif()
find_library(FC_WIRETAP_LIBRARY wiretap)
if(WIRESHARK_FOUND AND FC_WIRETAP_LIBRARY)
  file(GLOB WORKER_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/worker/*.c)
  add_executable(flowcontainer-worker ${WORKER_SOURCES})
  target_include_directories(flowcontainer-worker PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_include_directories(flowcontainer-worker SYSTEM PRIVATE ${WIRESHARK_INCLUDE_DIRS})
  target_compile_definitions(flowcontainer-worker PRIVATE _GNU_SOURCE)
  # Not fc_flags: a sanitizer's memory and signals do not go together with the jail.
  target_compile_options(flowcontainer-worker PRIVATE -Wall -Wextra -Wconversion -Wno-sign-conversion
    $<$<BOOL:${FC_WERROR}>:-Werror>)
  target_link_libraries(flowcontainer-worker PRIVATE ${WIRESHARK_LDFLAGS} ${FC_WIRETAP_LIBRARY})
else()
  message(STATUS "flowcontainer-worker is not built: libwireshark-dev, libwiretap-dev, libwsutil-dev and "
    "libglib2.0-dev are not there")
endif()
