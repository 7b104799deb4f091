# Debian's packages; nothing is downloaded.
set(Boost_USE_STATIC_LIBS OFF)
find_package(Boost 1.81 REQUIRED COMPONENTS program_options log json system unit_test_framework)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(Threads REQUIRED)

# Asio and Beast compiled once (lib/core/asio_impl.cpp) instead of in every file.
add_library(keavrf_asio INTERFACE)
target_link_libraries(keavrf_asio INTERFACE Boost::headers Boost::system Threads::Threads)
target_compile_definitions(keavrf_asio INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_NO_TS_EXECUTORS BOOST_BEAST_SEPARATE_COMPILATION)

# A precompiled header is refused by targets whose macros differ from its own, so Boost.JSON's linking macros are the
# same for all, whether they link it or not.
foreach(library json container)
    string(TOUPPER ${library} macro)
    target_compile_definitions(keavrf_asio INTERFACE BOOST_${macro}_DYN_LINK BOOST_${macro}_NO_LIB)
endforeach()
