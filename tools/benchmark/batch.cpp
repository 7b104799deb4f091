#include "batch.hpp"

namespace keavrf::bench {

Batch::Batch() : buffers_(size)
{
    for (unsigned i = 0; i < size; ++i) {
        headers_[i].msg_hdr.msg_iov = &vectors_[i];
        headers_[i].msg_hdr.msg_iovlen = 1;
        vectors_[i].iov_base = buffers_[i].data();
    }
}

unsigned Batch::receive(int descriptor)
{
    for (unsigned i = 0; i < size; ++i) {
        vectors_[i].iov_len = buffers_[i].size();
        headers_[i].msg_hdr.msg_name = nullptr;
        headers_[i].msg_hdr.msg_namelen = 0;
    }
    const int count = ::recvmmsg(descriptor, headers_.data(), size, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < count; ++i) {
        lengths_[static_cast<unsigned>(i)] = headers_[static_cast<unsigned>(i)].msg_len;
    }
    return count > 0 ? static_cast<unsigned>(count) : 0;
}

void Batch::add(std::size_t length)
{
    vectors_[queued_].iov_len = length;
    headers_[queued_].msg_hdr.msg_name = nullptr;
    headers_[queued_].msg_hdr.msg_namelen = 0;
    ++queued_;
}

void Batch::add(std::size_t length, const sockaddr_in& to)
{
    addresses_[queued_] = to;
    add(length);
    headers_[queued_ - 1].msg_hdr.msg_name = &addresses_[queued_ - 1];
    headers_[queued_ - 1].msg_hdr.msg_namelen = sizeof to;
}

unsigned Batch::flush(int descriptor)
{
    unsigned sent = 0;
    while (sent < queued_) {
        const int count = ::sendmmsg(descriptor, headers_.data() + sent, queued_ - sent, MSG_DONTWAIT);
        if (count <= 0) {
            break;
        }
        sent += static_cast<unsigned>(count);
    }
    queued_ = 0;
    return sent;
}

} // namespace keavrf::bench
