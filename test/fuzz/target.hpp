// One fuzz target a file: FUZZ_TARGET(name) { ... } gets any bytes and may do anything with them but crash, hang or
// break one of its own rules.
//
// Built by clang with libFuzzer (preset `fuzz`, tools/fuzz) each is a program of its own. Built by any other compiler
// all of them go into unit_fuzz, which replays test/fuzz/corpus/<name>/ (replay_test.cpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

namespace keavrf::fuzz {

using Bytes = std::span<const std::uint8_t>;

// A rule of the target's own: what breaks it is a finding.
inline void require(bool holds, const char* rule)
{
    if (!holds) {
        std::fprintf(stderr, "broken rule: %s\n", rule);
        std::abort();
    }
}

inline std::string_view text(Bytes bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Takes an input apart. What is missing at its end reads as zero or empty.
class Input {
public:
    explicit Input(Bytes bytes) : rest_(bytes) {}

    std::uint8_t byte()
    {
        const auto taken = take(1);
        return taken.empty() ? std::uint8_t{0} : taken[0];
    }
    // Bits of one byte, lowest first, as small numbers.
    unsigned number(unsigned below) { return byte() % below; }
    Bytes take(std::size_t size)
    {
        const auto taken = rest_.first(std::min(size, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    // With two bytes of length in front.
    Bytes block()
    {
        const std::size_t high = byte();
        return take(high << 8U | byte());
    }
    Bytes rest() { return take(rest_.size()); }
    [[nodiscard]] bool empty() const { return rest_.empty(); }

private:
    Bytes rest_;
};

using Function = void (*)(Bytes);

struct Target {
    std::string_view name;
    Function function;
};

// All targets that are linked in.
inline std::vector<Target>& targets()
{
    static std::vector<Target> all;
    return all;
}

struct Registration {
    Registration(std::string_view name, Function function) { targets().push_back({name, function}); }
};

} // namespace keavrf::fuzz

#ifdef KEAVRF_LIBFUZZER
#define FUZZ_TARGET(name)                                                                                              \
    static void fuzz_##name(keavrf::fuzz::Bytes bytes);                                                                \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)                                  \
    {                                                                                                                  \
        fuzz_##name({data, size});                                                                                     \
        return 0;                                                                                                      \
    }                                                                                                                  \
    static void fuzz_##name(keavrf::fuzz::Bytes bytes)
#else
#define FUZZ_TARGET(name)                                                                                              \
    static void fuzz_##name(keavrf::fuzz::Bytes bytes);                                                                \
    static const keavrf::fuzz::Registration registration_##name(#name, &fuzz_##name);                                  \
    static void fuzz_##name(keavrf::fuzz::Bytes bytes)
#endif
