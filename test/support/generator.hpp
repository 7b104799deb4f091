// Random numbers for property tests: the same on every machine and in every run (splitmix64, public domain).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace keavrf::test {

class Generator {
public:
    explicit Generator(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next()
    {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    // 0 to limit - 1.
    std::uint64_t below(std::uint64_t limit) { return next() % limit; }
    // True in `percent` of a hundred cases.
    bool chance(unsigned percent) { return below(100) < percent; }

    template <class T>
    const T& one_of(const std::vector<T>& values)
    {
        return values[static_cast<std::size_t>(below(values.size()))];
    }

    template <class T>
    void shuffle(std::vector<T>& values)
    {
        for (std::size_t left = values.size(); left > 1; --left) {
            std::swap(values[left - 1], values[static_cast<std::size_t>(below(left))]);
        }
    }

private:
    std::uint64_t state_;
};

} // namespace keavrf::test
