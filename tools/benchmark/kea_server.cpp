#include "kea_server.hpp"

#include "support/sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

namespace keavrf::bench {

namespace {

std::string kea_folder()
{
    return test::Sandbox::folder() + "/kea";
}

test::Program start(const Wiring& wiring)
{
    auto program = KeaServer::launch(wiring);
    const auto says = [] { return test::slurp(kea_folder() + "/log").find("DHCP4_STARTED") != std::string::npos; };
    const bool started = test::eventually([&] { return says() || !program.running(); });
    BOOST_REQUIRE_MESSAGE(started && program.running(), "Kea does not start: " << program.output() << program.errors());
    return program;
}

} // namespace

test::Program KeaServer::launch(const Wiring& wiring)
{
    const auto folder = kea_folder();
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    const auto file = test::Sandbox::write_file("kea.json", R"({"Dhcp4": {
        "interfaces-config": {"interfaces": ["kea0"], "dhcp-socket-type": "udp"}, "authoritative": true,
        "multi-threading": {"enable-multi-threading": false}, "valid-lifetime": 3600,
        "lease-database": {"type": "memfile", "persist": true, "lfc-interval": 0, "name": ")" +
                                                                folder + R"(/leases4.csv"},
        "subnet4": [{"subnet": "10.1.0.0/16", "id": 1, "pools": [{"pool": "10.1.1.0 - 10.1.250.255"}]}],
        "loggers": [{"name": "kea-dhcp4", "severity": "WARN", "output_options": [{"output": "stdout"}]},
                    {"name": "kea-dhcp4.dhcp4", "severity": "INFO", "output_options": [{"output": ")" +
                                                                folder + R"(/log"}]},
                    {"name": "kea-dhcp4.leases", "severity": "WARN", "output_options": [{"output": "stdout"}]}]}})");
    test::ProgramOptions options;
    options.network_namespace = wiring.server();
    options.environment = {{"KEA_PIDFILE_DIR", folder}, {"KEA_LOCKFILE_DIR", folder}};
    return test::Program({"kea-dhcp4", "-c", file}, options);
}

KeaServer::KeaServer(const Wiring& wiring) : program_(start(wiring)) {}

} // namespace keavrf::bench
