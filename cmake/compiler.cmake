# One interface target carries the warnings and the instrumentation, so that no folder sets flags of its own.
add_library(keavrf_compiler INTERFACE)

target_compile_options(keavrf_compiler INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    -Wcast-align -Wunused -Woverloaded-virtual -Wnull-dereference -Wdouble-promotion -Wformat=2
    -Wimplicit-fallthrough -Wextra-semi
    -fstack-protector-strong -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # -Wnull-dereference and -Wmaybe-uninitialized report coroutine frames of g++ 12 that are in order.
    target_compile_options(keavrf_compiler INTERFACE -Wduplicated-cond -Wlogical-op -Wno-null-dereference)
    # With optimisation, inlined string and vector copies are reported as reading or writing beyond what they cannot,
    # and Asio's allocation of coroutine frames as mismatched with its own deallocation.
    target_compile_options(keavrf_compiler INTERFACE
        $<$<NOT:$<CONFIG:Debug>>:-Wno-stringop-overread -Wno-stringop-overflow -Wno-array-bounds -Wno-restrict -Wno-maybe-uninitialized -Wno-mismatched-new-delete>)
endif()
if(KEAVRF_WERROR)
    target_compile_options(keavrf_compiler INTERFACE -Werror)
endif()
if(KEAVRF_SANITIZE)
    target_compile_options(keavrf_compiler INTERFACE
        -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1)
    target_link_options(keavrf_compiler INTERFACE -fsanitize=address,undefined)
    # Recycled coroutine frames hide use-after-free from ASan.
    target_compile_definitions(keavrf_compiler INTERFACE BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
else()
    target_compile_definitions(keavrf_compiler INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
if(KEAVRF_COVERAGE)
    target_compile_options(keavrf_compiler INTERFACE --coverage -fprofile-update=atomic)
    target_link_options(keavrf_compiler INTERFACE --coverage)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Precompiled headers need these allowances (man ccache, PRECOMPILED HEADERS). With paths taken relative to the
    # source folder, a second clone finds what the first one compiled.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
    target_compile_options(keavrf_compiler INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
