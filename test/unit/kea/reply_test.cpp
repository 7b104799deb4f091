#include "kea/reply.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf::kea;
namespace json = boost::json;

} // namespace

BOOST_AUTO_TEST_SUITE(kea_reply)

BOOST_AUTO_TEST_CASE(a_list_with_one_answer_reads_as_the_answer)
{
    for (const auto* text : {R"({"result": 0, "text": "fine", "arguments": {"pid": 5}})",
                             R"([{"result": 0, "text": "fine", "arguments": {"pid": 5}}])"}) {
        const auto reply = json::parse(text);
        BOOST_TEST(reply_result(reply) == 0);
        BOOST_TEST(reply_text(reply) == "fine");
        BOOST_REQUIRE(reply_arguments(reply) != nullptr);
        BOOST_TEST(reply_arguments(reply)->at("pid").as_int64() == 5);
        BOOST_TEST(require_success("status-get", reply).has_value());
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_answer_is_no_success)
{
    for (const auto* text : {"null", "5", "[]", "{}", "[5]", "[[]]", R"({"result": "0"})", R"({"result": -1})",
                             R"({"result": 0.5})", R"({"result": 99999999999})", R"({"text": 5, "arguments": []})"}) {
        BOOST_TEST_CONTEXT(text)
        {
            const auto reply = json::parse(text);
            BOOST_TEST(reply_result(reply) == -1);
            BOOST_TEST(reply_text(reply).empty());
            BOOST_TEST((reply_arguments(reply) == nullptr));
            BOOST_TEST(require_success("x", reply).has_error());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_with_the_command_and_keas_reason)
{
    const auto refused = json::parse(R"({"result": 1, "text": "got unexpected keyword \"foo\""})");
    BOOST_TEST(require_success("config-test", refused).error().message() ==
               "config-test: got unexpected keyword \"foo\"");
    const auto placed = json::parse(R"!({"result": 1, "text": "unsupported parameter: foo (<wire>:0:691)"})!");
    BOOST_TEST(require_success("config-test", placed).error().message() == "config-test: unsupported parameter: foo");
    const auto silent = json::parse(R"([{"result": 2}])");
    BOOST_TEST(require_success("x", silent).error().message() == "x: result 2 without a reason");
}

// The sentences of Kea 3.1.2 (src/bin/dhcp4/ctrl_dhcp4_srv.cc) and of those before (src/lib/dhcpsrv).
BOOST_AUTO_TEST_CASE(a_refusal_while_leases_are_cleaned_up_is_known)
{
    struct Case {
        const char* reply;
        CleanupRefusal expected;
    };
    const std::vector<Case> cases{
        {R"({"result": 1, "text": "Can not update configuration while lease file cleanup process is running."})",
         CleanupRefusal::untouched},
        {R"([{"result": 1, "text": "Unable to open database: unable to load leases from files while the )"
         R"(lease file cleanup is in progress"}])",
         CleanupRefusal::changed},
        {R"({"result": 1, "text": "got unexpected keyword \"foo\""})", CleanupRefusal::none},
        {R"({"result": 0, "text": "lease file cleanup"})", CleanupRefusal::none},
        {R"({"result": 1})", CleanupRefusal::none},
        {"5", CleanupRefusal::none},
    };
    for (const auto& [reply, expected] : cases) {
        BOOST_TEST((cleanup_refusal(json::parse(reply)) == expected), reply);
    }
}

BOOST_AUTO_TEST_SUITE_END()
