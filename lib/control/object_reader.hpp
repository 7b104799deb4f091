// Reads typed members out of a JSON object. Missing ones leave the default; the first of a wrong type is named in a
// problem that all readers of one document share, and later ones do not overwrite it. Private to the library.
#pragma once

#include "core/ip_address.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keavrf::control {

class ObjectReader {
public:
    // `path` stands in front of the keys in the problem; the object and the problem outlive the reader.
    ObjectReader(const boost::json::object& object, std::string path, std::string& problem)
        : object_(object), path_(std::move(path)), problem_(problem)
    {
    }

    [[nodiscard]] bool has(std::string_view key) const { return object_.contains(key); }

    void read(std::string_view key, std::string& out)
    {
        if (const auto* value = object_.if_contains(key)) {
            expect(value->is_string(), key, "a string");
            out = value->is_string() ? std::string(value->get_string()) : out;
        }
    }
    void read(std::string_view key, bool& out)
    {
        if (const auto* value = object_.if_contains(key)) {
            expect(value->is_bool(), key, "true or false");
            out = value->is_bool() && value->get_bool();
        }
    }
    void read(std::string_view key, std::vector<std::string>& out)
    {
        for (const auto& element : list(key)) {
            expect(element.is_string(), key, "a list of strings");
            if (element.is_string()) {
                out.emplace_back(element.get_string());
            }
        }
    }
    void read(std::string_view key, std::map<std::string, std::uint64_t>& out)
    {
        const auto* value = object_.if_contains(key);
        if (value == nullptr || !expect(value->is_object(), key, "a map of numbers")) {
            return;
        }
        ObjectReader members(value->get_object(), path_ + std::string(key) + '.', problem_);
        for (const auto& member : value->get_object()) {
            out[std::string(member.key())] = members.number<std::uint64_t>(member.key());
        }
    }
    template <class Number>
    Number number(std::string_view key)
    {
        const auto* value = object_.if_contains(key);
        if (value == nullptr) {
            return {};
        }
        boost::system::error_code error;
        const auto number = value->to_number<Number>(error);
        return expect(!error, key, "a number in range") ? number : Number{};
    }
    std::optional<Ipv4Address> address(std::string_view key)
    {
        std::string text;
        read(key, text);
        const auto address = Ipv4Address::parse(text);
        expect(text.empty() || address.has_value(), key, "an IPv4 address");
        return address;
    }
    // Calls `visit` with a reader of each object in a list.
    template <class Visit>
    void each(std::string_view key, Visit visit)
    {
        std::size_t index = 0;
        for (const auto& element : list(key)) {
            const auto place = path_ + std::string(key) + '[' + std::to_string(index++) + ']';
            if (expect(element.is_object(), key, "a list of maps")) {
                ObjectReader reader(element.get_object(), place + '.', problem_);
                visit(reader);
            }
        }
    }

private:
    const boost::json::array& list(std::string_view key)
    {
        static const boost::json::array nothing;
        const auto* value = object_.if_contains(key);
        const bool usable = value != nullptr && expect(value->is_array(), key, "a list");
        return usable ? value->get_array() : nothing;
    }
    bool expect(bool right, std::string_view key, std::string_view what)
    {
        if (!right && problem_.empty()) {
            problem_ = path_ + std::string(key) + " is not " + std::string(what);
        }
        return right;
    }

    const boost::json::object& object_;
    std::string path_;
    std::string& problem_;
};

} // namespace keavrf::control
