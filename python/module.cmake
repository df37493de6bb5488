# The extension module flowcontainer._core. It is written in Python's limited API: one build serves 3.10 and later.
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module)

file(GLOB CORE_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/python/*.c)
add_library(_core MODULE ${CORE_SOURCES} ${CLI_SOURCES})
target_compile_definitions(_core PRIVATE Py_LIMITED_API=0x030A0000)
target_include_directories(_core PRIVATE ${CMAKE_SOURCE_DIR}/cli)
target_link_libraries(_core PRIVATE Python::Module flowcontainer_static fc_flags)
set_target_properties(_core PROPERTIES PREFIX "" SUFFIX ".abi3.so")

install(TARGETS _core LIBRARY DESTINATION flowcontainer)
if(TARGET flowcontainer-worker)
  install(TARGETS flowcontainer-worker RUNTIME DESTINATION flowcontainer)
  install(FILES ${CMAKE_SOURCE_DIR}/worker/COPYING DESTINATION flowcontainer RENAME flowcontainer-worker.COPYING)
endif()
