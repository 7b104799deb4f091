#include "netlink/exchange.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace keavrf::netlink {

namespace {

// The attributes behind an error (NETLINK_EXT_ACK). With NETLINK_CAP_ACK only the request's header stands between; an
// older kernel repeats the whole request.
Bytes explanation_attributes(const Message& message, Bytes rest)
{
    if ((message.flags & NLM_F_ACK_TLVS) == 0) {
        return {};
    }
    if (message.type == NLMSG_DONE) {
        return rest;
    }
    nlmsghdr request{};
    const auto from_request = rest;
    if (!take(rest, request)) {
        return {};
    }
    if ((message.flags & NLM_F_CAPPED) != 0) {
        return rest;
    }
    const std::size_t length = NLMSG_ALIGN(std::size_t{request.nlmsg_len});
    return from_request.subspan(std::min(length, from_request.size()));
}

std::string read_explanation(Bytes attributes)
{
    std::string text;
    AttributeReader attribute(attributes);
    while (attribute.next()) {
        if (attribute.type() == NLMSGERR_ATTR_MSG) {
            text = attribute.text();
        }
    }
    return text;
}

} // namespace

Exchange::State Exchange::feed(Bytes datagram)
{
    MessageReader reader(datagram);
    while (state_ == State::waiting) {
        const auto next = reader.next();
        if (!next) {
            break;
        }
        if (next->sequence == sequence_) {
            message(*next);
        }
    }
    if (!reader.ok()) {
        fail(EBADMSG, "malformed answer");
    }
    return state_;
}

void Exchange::message(const Message& message)
{
    interrupted_ = interrupted_ || (message.flags & NLM_F_DUMP_INTR) != 0;
    switch (message.type) {
    case NLMSG_NOOP:
        break;
    case NLMSG_OVERRUN:
        interrupted_ = true;
        break;
    case NLMSG_ERROR:
    case NLMSG_DONE:
        finished(message);
        break;
    default:
        replies_.insert(replies_.end(), message.whole.begin(), message.whole.end());
        replies_.resize(NLMSG_ALIGN(replies_.size()));
        break;
    }
}

void Exchange::finished(const Message& message)
{
    int result = 0;
    Bytes rest = message.payload;
    if (!take(rest, result) || result > 0 || result == std::numeric_limits<int>::min()) {
        fail(EBADMSG, "malformed acknowledgement");
    } else if (result < 0) {
        fail(-result, read_explanation(explanation_attributes(message, rest)));
    } else {
        state_ = interrupted_ ? State::interrupted : State::done;
    }
}

void Exchange::fail(int number, std::string explanation)
{
    state_ = State::failed;
    errno_ = number;
    explanation_ = std::move(explanation);
}

Error Exchange::error(std::string_view what) const
{
    const auto error = Error::from_errno(what, errno_);
    return explanation_.empty() ? error : error.hint("kernel: " + explanation_);
}

} // namespace keavrf::netlink
