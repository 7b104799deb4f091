// Strong types: two integers that mean different things do not share a type.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace keavrf {

template <class Tag, class Rep>
class Strong {
public:
    constexpr Strong() noexcept = default;
    constexpr explicit Strong(Rep value) noexcept : value_(value) {}
    [[nodiscard]] constexpr Rep value() const noexcept { return value_; }
    friend constexpr auto operator<=>(const Strong&, const Strong&) noexcept = default;
    friend constexpr bool operator==(const Strong&, const Strong&) noexcept = default;

private:
    Rep value_{};
};

// The kernel's ifindex; 0 names no interface.
using InterfaceIndex = Strong<struct InterfaceIndexTag, int>;
// A process id in our own PID namespace; 0 names no process.
using ProcessId = Strong<struct ProcessIdTag, pid_t>;
// The number from which an instance's link addresses and MACs derive (DESIGN section 4).
using Slot = Strong<struct SlotTag, std::uint32_t>;
// Inode of a namespace file in nsfs: equal inodes (while held open) are the same namespace.
using NamespaceInode = Strong<struct NamespaceInodeTag, std::uint64_t>;

// The name of a DHCP domain; that of the VRF device where there is one.
class VrfName {
public:
    VrfName() = default;
    explicit VrfName(std::string name) : name_(std::move(name)) {}
    [[nodiscard]] const std::string& str() const noexcept { return name_; }
    [[nodiscard]] bool empty() const noexcept { return name_.empty(); }
    friend auto operator<=>(const VrfName&, const VrfName&) = default;
    friend bool operator==(const VrfName&, const VrfName&) = default;

private:
    std::string name_;
};

} // namespace keavrf

template <class Tag, class Rep>
struct std::hash<keavrf::Strong<Tag, Rep>> {
    std::size_t operator()(const keavrf::Strong<Tag, Rep>& value) const noexcept
    {
        return std::hash<Rep>{}(value.value());
    }
};

template <>
struct std::hash<keavrf::VrfName> {
    std::size_t operator()(const keavrf::VrfName& name) const noexcept { return std::hash<std::string>{}(name.str()); }
};
