// Collects what is wrong while a configuration is read, and goes with whoever reads it: so it knows, too, how that
// pauses.
#pragma once

#include "config/diagnostic.hpp"
#include "config/node.hpp"
#include "core/pause.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace keavrf::config {

// "vrfs.red.dhcp4.subnet4[0].pools"; keys that are not plain words stand in quotes: vrfs."eth0.100".
class Path {
public:
    Path() = default;
    [[nodiscard]] Path operator/(std::string_view key) const;
    [[nodiscard]] Path operator[](std::size_t index) const;
    [[nodiscard]] const std::string& str() const noexcept { return text_; }

private:
    std::string text_;
};

class Report {
public:
    explicit Report(std::string main_file, Pause pause = {})
        : main_file_(std::move(main_file)), pause_(std::move(pause))
    {
    }

    // The same problem of the same place is told once, by the first path that met it: what `defaults` holds wrong is
    // not repeated for each VRF.
    void error(const Origin& where, const Path& path, std::string problem);
    void warning(const Origin& where, const Path& path, std::string problem);
    // Called for each value read, and each subnet and VRF checked.
    void pause() const { pause_by(pause_); }
    [[nodiscard]] bool failed() const noexcept { return !errors_.kept.empty(); }
    [[nodiscard]] const std::string& main_file() const noexcept { return main_file_; }

    // Sorted by place and bounded (load.hpp).
    [[nodiscard]] std::vector<Diagnostic> errors() const { return sorted(errors_, "errors"); }
    [[nodiscard]] std::vector<Diagnostic> warnings() const { return sorted(warnings_, "warnings"); }

private:
    struct List {
        std::vector<Diagnostic> kept;
        std::set<std::tuple<std::string, int, int, std::string>> seen;
        std::size_t dropped = 0;
    };
    static void add(List& list, const Origin& where, const Path& path, std::string problem);
    [[nodiscard]] std::vector<Diagnostic> sorted(const List& list, std::string_view what) const;

    std::string main_file_;
    Pause pause_;
    List errors_;
    List warnings_;
};

} // namespace keavrf::config
