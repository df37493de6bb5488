# The man page and the completions of the command; included by the top CMakeLists.txt.
include(GNUInstallDirs)
install(FILES ${CMAKE_SOURCE_DIR}/docs/man/flowcontainer.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_SOURCE_DIR}/cli/completions/flowcontainer.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME flowcontainer)
install(FILES ${CMAKE_SOURCE_DIR}/cli/completions/_flowcontainer
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${CMAKE_SOURCE_DIR}/cli/completions/flowcontainer.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
