#include "control/framer.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using keavrf::control::Framer;
using State = Framer::State;
namespace json = boost::json;

constexpr std::size_t limit = 1000;
constexpr std::size_t large_limit = 5000;

std::string object_of_size(std::size_t size, std::string_view beginning)
{
    std::string text(beginning);
    text += R"(,"x":")";
    text.append(size - text.size() - 2, 'x');
    return text + "\"}";
}

State state_after(std::string_view text)
{
    Framer framer(limit, large_limit);
    framer.feed(text);
    return framer.state();
}

} // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(State)

BOOST_AUTO_TEST_SUITE(framer)

BOOST_AUTO_TEST_CASE(finds_an_object_however_it_is_split)
{
    const std::string text = R"( {"command":"a","arguments":{"list":[1,-25,true,null,"}\"\\ä"],"map":{}}})";
    for (std::size_t first = 0; first <= text.size(); ++first) {
        for (std::size_t second = first; second <= text.size(); ++second) {
            Framer framer(limit, large_limit);
            std::size_t taken = framer.feed(std::string_view(text).substr(0, first));
            taken += framer.feed(std::string_view(text).substr(first, second - first));
            BOOST_TEST((framer.state() == State::complete) == (second == text.size()));
            taken += framer.feed(std::string_view(text).substr(second));
            BOOST_TEST(taken == text.size());
            BOOST_REQUIRE(framer.state() == State::complete);
            BOOST_TEST(json::serialize(framer.take()) == text.substr(1));
        }
    }
}

BOOST_AUTO_TEST_CASE(leaves_what_comes_behind_an_object)
{
    Framer framer(limit, large_limit);
    const std::string text = R"({"a":1}{"b":2} )";
    BOOST_TEST(framer.feed(text) == 7U);
    BOOST_REQUIRE(framer.state() == State::complete);
    BOOST_TEST(framer.feed(text.substr(7)) == 0U);
    BOOST_TEST(json::serialize(framer.take()) == R"({"a":1})");
    BOOST_TEST(framer.state() == State::empty);
    framer.feed(text.substr(7));
    BOOST_TEST(json::serialize(framer.take()) == R"({"b":2})");
}

BOOST_AUTO_TEST_CASE(tells_nothing_from_something_unfinished_and_from_a_fault)
{
    BOOST_TEST(state_after("") == State::empty);
    BOOST_TEST(state_after(" \r\n\t ") == State::empty);
    BOOST_TEST(state_after("{") == State::partial);
    BOOST_TEST(state_after(R"({"a":)") == State::partial);
    for (const auto* text : {"x", "[]", "12", "\"a\"", "null", "{]", "{a}", "{\"a\" 1}", "{\"a\":01}", "{\"a\":1,}",
                             "GET / HTTP/1.1\r\n", "{\"a\":\"\xff\"}", "{\"a\":\"\n\"}", "{\"a\":nul ", "// {}"}) {
        BOOST_TEST(state_after(text) == State::failed, text);
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_there_twice_is_refused_and_named_wherever_it_stands)
{
    for (const auto* text : {R"({"command":"status-get","key":1,"key":1})", R"({"key":{},"a":[{"key":1}],"key":2})",
                             R"({"arguments":{"key":true,"key":false}})", R"({"a":[{"key":1,"b":2,"k\u0065y":3}]})"}) {
        for (std::size_t split = 0; split <= std::string_view(text).size(); ++split) {
            Framer framer(limit, large_limit);
            framer.feed(std::string_view(text).substr(0, split));
            framer.feed(std::string_view(text).substr(split));
            BOOST_TEST(framer.state() == State::failed, text);
            const auto& why = framer.error().message();
            BOOST_TEST(why.find(": the key 'key' is there twice") != std::string::npos, why);
        }
    }
    for (const auto* text :
         {R"({"a":{"key":1},"b":{"key":1},"key":1})", R"({"a":[{"key":1},{"key":1}],"key":"key"})"}) {
        BOOST_TEST(state_after(text) == State::complete, text);
    }
}

BOOST_AUTO_TEST_CASE(bounds_size_and_depth)
{
    const auto fits = object_of_size(limit, R"({"command":"status-get")");
    BOOST_TEST(state_after(fits) == State::complete);
    const auto over = object_of_size(limit + 1, R"({"command":"status-get")");
    Framer framer(limit, large_limit);
    framer.feed(over);
    BOOST_TEST(framer.state() == State::failed);
    BOOST_TEST(framer.error().message() == "more than 1000 bytes in one JSON object");
    std::string deep = R"({"a":)" + std::string(40, '[');
    BOOST_TEST(state_after(deep) == State::failed);
}

BOOST_AUTO_TEST_CASE(config_test_may_be_larger_and_nothing_that_only_looks_like_it)
{
    for (const auto* beginning : {R"({"command":"config-test")", R"({"a":{"b":[1]},"command":"config\u002dtest")"}) {
        BOOST_TEST(state_after(object_of_size(large_limit, beginning)) == State::complete);
        BOOST_TEST(state_after(object_of_size(large_limit + 1, beginning)) == State::failed);
    }
    for (const auto* beginning :
         {R"({"command":"config-set")", R"({"a":{"command":"config-test"})", R"({"a":["command","config-test"])",
          R"({"commands":"config-test")", R"({"command":["config-test"])", R"({"a":"config-test")",
          R"({"command":"config-test","command":"x")"}) {
        BOOST_TEST(state_after(object_of_size(limit + 1, beginning)) == State::failed, beginning);
    }
    std::string late = R"({"x":")" + std::string(limit, 'x') + R"(","command":"config-test"})";
    BOOST_TEST(state_after(late) == State::failed);
}

BOOST_AUTO_TEST_CASE(a_large_object_is_found_byte_by_byte_too)
{
    const auto text = object_of_size(large_limit, R"({"command":"config-test")");
    Framer framer(limit, large_limit);
    for (const char byte : text) {
        BOOST_REQUIRE(framer.state() != State::complete);
        BOOST_REQUIRE(framer.feed(std::string_view(&byte, 1)) == 1U);
    }
    BOOST_TEST(framer.state() == State::complete);
    BOOST_TEST(framer.size() == large_limit);
}

BOOST_AUTO_TEST_CASE(is_usable_again_after_reset)
{
    Framer framer(limit, large_limit);
    framer.feed("garbage");
    BOOST_TEST(framer.feed("{}") == 0U);
    framer.reset();
    BOOST_TEST(framer.feed("{}") == 2U);
    BOOST_TEST(framer.state() == State::complete);
}

BOOST_AUTO_TEST_SUITE_END()
