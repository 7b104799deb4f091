# cmake --install: what a package of keavrfd would hold. conf/apparmor is left to whoever packages it: it lies outside
# every prefix.
foreach(program keavrfd keavrfctl)
    if(TARGET ${program})
        install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
    endif()
endforeach()
install(FILES docs/man/keavrfd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES docs/man/keavrfctl.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES conf/bash-completion/keavrfctl DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES conf/keavrfd.yaml conf/minimal.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

# The unit names the programs by their full path, which is known only when the prefix is: conf/systemd/keavrfd.service
# has those of a package (/usr).
set(KEAVRF_UNIT ${CMAKE_CURRENT_SOURCE_DIR}/conf/systemd/keavrfd.service)
install(CODE "set(unit_source \"${KEAVRF_UNIT}\")\nset(programs_folder \"${CMAKE_INSTALL_SBINDIR}\")")
install(CODE [[
    get_filename_component(programs_folder "${programs_folder}" ABSOLUTE BASE_DIR "${CMAKE_INSTALL_PREFIX}")
    set(unit_target "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/lib/systemd/system/keavrfd.service")
    file(READ "${unit_source}" unit)
    string(REPLACE "/usr/sbin/" "${programs_folder}/" unit "${unit}")
    message(STATUS "Installing: ${unit_target}")
    file(WRITE "${unit_target}" "${unit}")
    file(CHMOD "${unit_target}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
]])
