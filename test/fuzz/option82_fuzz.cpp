// Sub-options of option 82, read and written.
#include "dhcp/option82.hpp"
#include "fuzz/target.hpp"

FUZZ_TARGET(option82)
{
    using keavrf::fuzz::require;
    keavrf::dhcp::SubOptionReader reader(bytes);
    keavrf::dhcp::SubOptionWriter writer;
    std::size_t read = 0;
    while (const auto found = reader.next()) {
        require(found->offset == read, "one after the other");
        read += 2 + found->value.size();
        require(keavrf::dhcp::find_sub_option(bytes, found->code).has_value(), "what was read can be found");
        writer.add(found->code, found->value);
    }
    require(read <= bytes.size(), "nothing past the end");
    require(writer.ok() == (read <= 255), "it fits or it does not");
    require(!writer.ok() || std::equal(writer.bytes().begin(), writer.bytes().end(), bytes.begin(),
                                       bytes.begin() + static_cast<std::ptrdiff_t>(read)),
            "written as it was read");
    writer.append(bytes);
    require(writer.bytes().size() <= 255, "never longer than an option");
}
