# keavrf_library(<folder> [PURE] [SOURCES ...] [LINK ...] [PRIVATE_LINK ...])
#
# The static library of one folder of lib/: target keavrf_<folder>, alias keavrf::<folder>. LINK says which folders it
# may see, and it may see no others. A PURE library knows nothing of Asio.
function(keavrf_library name)
    cmake_parse_arguments(arg "PURE" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
    add_library(keavrf_${name} STATIC ${arg_SOURCES})
    add_library(keavrf::${name} ALIAS keavrf_${name})
    target_include_directories(keavrf_${name} PUBLIC ${CMAKE_SOURCE_DIR}/lib)
    target_link_libraries(keavrf_${name} PUBLIC ${arg_LINK} PRIVATE keavrf_compiler ${arg_PRIVATE_LINK})
    target_link_libraries(keavrf_${name} PUBLIC Boost::headers)
    if(NOT arg_PURE)
        target_link_libraries(keavrf_${name} PUBLIC keavrf_asio)
        keavrf_reuse_pch(keavrf_${name} keavrf_pch)
    endif()
endfunction()

# keavrf_program(<name> SOURCES ... LINK ...)
function(keavrf_program name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/lib ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE ${arg_LINK} keavrf_asio keavrf_compiler)
    target_compile_definitions(${name} PRIVATE KEAVRFD_VERSION="${PROJECT_VERSION}")
    keavrf_reuse_pch(${name} keavrf_pch)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# keavrf_test(<name> LABEL unit|growth|netns|vrf SOURCES ... LINK ... [TIMEOUT seconds])
#
# One Boost.Test program; ctest's label says which layer it belongs to. Every source includes
# <boost/test/unit_test.hpp> (precompiled); main comes from test/support/test_main.cpp.
function(keavrf_test name)
    cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;LINK" ${ARGN})
    add_executable(${name} ${arg_SOURCES} $<TARGET_OBJECTS:keavrf_test_main>)
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/lib ${CMAKE_SOURCE_DIR}/test)
    target_link_libraries(${name} PRIVATE ${arg_LINK} keavrf_asio keavrf_compiler Boost::unit_test_framework)
    target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK)
    keavrf_reuse_pch(${name} keavrf_test_pch)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 600)
    endif()
    # The guest kernel leaves no room for the sanitizers' shadow memory.
    if(KEAVRF_SANITIZE AND arg_LABEL STREQUAL "vrf")
        return()
    endif()
    # VRF tests run as a whole inside the guest kernel (tools/vrf-guest), or natively where the kernel has VRFs.
    if(arg_LABEL STREQUAL "vrf")
        add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/tools/vrf-guest --if-needed -- $<TARGET_FILE:${name}> --color_output=no)
    else()
        add_test(NAME ${name} COMMAND ${name} --color_output=no)
    endif()
    set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "KEAVRFD_BINARY_DIR=${CMAKE_BINARY_DIR}/bin")
    # What looks at the system's tables runs alone among its kind; it mostly waits, so others may use the processor. The
    # VRF tests hold the daemon to a second, which is the machine's too: nothing runs beside them.
    if(arg_LABEL STREQUAL "vrf")
        set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    elseif(arg_LABEL STREQUAL "netns")
        set_tests_properties(${name} PROPERTIES RESOURCE_LOCK host)
    endif()
endfunction()

# One precompiled header for all that uses Asio, one for the tests: made once, used everywhere.
function(keavrf_reuse_pch target owner)
    if(KEAVRF_PCH)
        target_precompile_headers(${target} REUSE_FROM ${owner})
    endif()
endfunction()

# main() of every test program; Boost.Test makes it where BOOST_TEST_MODULE is defined, so it takes no precompiled header.
add_library(keavrf_test_main OBJECT EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/test/support/test_main.cpp)
target_link_libraries(keavrf_test_main PRIVATE keavrf_compiler Boost::unit_test_framework)
target_compile_definitions(keavrf_test_main PRIVATE BOOST_TEST_DYN_LINK)

file(WRITE ${CMAKE_BINARY_DIR}/pch_empty.cpp.in "// Owner of a precompiled header.\n")
configure_file(${CMAKE_BINARY_DIR}/pch_empty.cpp.in ${CMAKE_BINARY_DIR}/pch_empty.cpp COPYONLY)
if(KEAVRF_PCH)
    add_library(keavrf_pch OBJECT ${CMAKE_BINARY_DIR}/pch_empty.cpp)
    target_link_libraries(keavrf_pch PRIVATE keavrf_asio keavrf_compiler)
    target_include_directories(keavrf_pch PRIVATE ${CMAKE_SOURCE_DIR}/lib)
    target_precompile_headers(keavrf_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.hpp)
    if(BUILD_TESTING OR NOT DEFINED BUILD_TESTING)
        add_library(keavrf_test_pch OBJECT ${CMAKE_BINARY_DIR}/pch_empty.cpp)
        target_link_libraries(keavrf_test_pch PRIVATE keavrf_asio keavrf_compiler Boost::unit_test_framework)
        target_compile_definitions(keavrf_test_pch PRIVATE BOOST_TEST_DYN_LINK)
        target_include_directories(keavrf_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/lib)
        target_precompile_headers(keavrf_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/test_pch.hpp)
    endif()
endif()
