#pragma once

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdlib.h> // NOLINT(modernize-deprecated-headers): mkdtemp
#include <string>

namespace keavrf::test {

// A folder that goes with the object.
class TemporaryFolder {
public:
    TemporaryFolder()
    {
        path_ = (std::filesystem::temp_directory_path() / "keavrfd-test-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(path_.data()) != nullptr);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string path(const std::string& name = "") const
    {
        return name.empty() ? path_ : path_ + "/" + name;
    }
    void append(const std::string& name, const std::string& text) const
    {
        std::ofstream(path(name), std::ios::app) << text << std::flush;
    }
    [[nodiscard]] std::string read(const std::string& name) const
    {
        std::ostringstream text;
        text << std::ifstream(path(name)).rdbuf();
        return text.str();
    }

private:
    std::string path_;
};

} // namespace keavrf::test
