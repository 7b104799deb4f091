// A bound on how many coroutines do something at once (starting Kea, say). First come, first served.
#pragma once

#include "core/asio.hpp"

#include <list>
#include <utility>

namespace keavrf {

class Semaphore {
public:
    // Held while the work is done; destroying it lets the next one in. Outlived by its semaphore.
    class Permit {
    public:
        Permit() = default;
        explicit Permit(Semaphore* owner) noexcept : owner_(owner) {}
        Permit(Permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Permit& operator=(Permit&& other) noexcept
        {
            release();
            owner_ = std::exchange(other.owner_, nullptr);
            return *this;
        }
        Permit(const Permit&) = delete;
        Permit& operator=(const Permit&) = delete;
        ~Permit() { release(); }
        void release() noexcept;

    private:
        Semaphore* owner_ = nullptr;
    };

    Semaphore(asio::any_io_executor executor, std::size_t permits) : executor_(std::move(executor)), free_(permits) {}

    // Throws operation_aborted when cancelled while waiting; nothing is held then.
    asio::awaitable<Permit> async_acquire();

private:
    void give_back() noexcept;

    asio::any_io_executor executor_;
    std::size_t free_;
    std::list<asio::steady_timer> waiting_; // each cancelled when it is its turn
};

} // namespace keavrf
