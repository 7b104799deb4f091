// Several keavrfds and their three locks in a world of names and files, each step of theirs in any order, while names
// are removed and keavrfds killed at any moment.
#pragma once

#include "lock_keavrfd.hpp"
#include "support/generator.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace keavrf::test {

class World {
public:
    explicit World(std::uint64_t seed, bool careless = false) : random_(seed), careless_(careless) {}

    // False where two have believed to hold the same.
    bool walk(unsigned turns)
    {
        for (unsigned turn = 0; turn < turns; ++turn) {
            if (random_.chance(6)) {
                happen();
            } else {
                advance(keavrfds_[random_.below(daemons)]);
            }
            if (!sound()) {
                return false;
            }
        }
        return true;
    }
    // Nothing happens any more, but each does what it always does.
    bool settles()
    {
        for (int turn = 0; turn < 1000; ++turn) {
            for (auto& each : keavrfds_) {
                advance(each);
            }
        }
        bool anybody = false;
        std::array<int, locks> holders{};
        for (const auto& each : keavrfds_) {
            anybody = anybody || each.life == Keavrfd::Life::running;
            for (std::size_t i = 0; i < locks; ++i) {
                holders[i] += each.life != Keavrfd::Life::off && each.has[i].believes ? 1 : 0;
            }
        }
        return std::all_of(holders.begin(), holders.end(), [&](int count) { return count == (anybody ? 1 : 0); });
    }
    // All stop, in order or killed: nothing is in the way of the next.
    bool next_can_start()
    {
        for (auto& each : keavrfds_) {
            if (random_.chance(50)) {
                kill(each);
            } else if (each.life == Keavrfd::Life::running && !each.steps) {
                each.begin_stop();
            }
        }
        for (int turn = 0; turn < 1000; ++turn) {
            for (auto& each : keavrfds_) {
                const bool stops = each.life != Keavrfd::Life::off;
                if (stops && each.life == Keavrfd::Life::running && !each.steps) {
                    each.begin_stop();
                }
                if (stops) {
                    advance(each);
                }
            }
        }
        auto& next = keavrfds_.front();
        next.begin_start();
        while (next.life == Keavrfd::Life::starting) {
            advance(next);
        }
        return next.life == Keavrfd::Life::running;
    }
    [[nodiscard]] const std::map<std::string, unsigned>& counts() const { return counts_; }

private:
    void happen()
    {
        auto& one = keavrfds_[random_.below(daemons)];
        switch (random_.below(5)) {
        case 0:
            if (one.life == Keavrfd::Life::off) {
                one.begin_start();
            }
            break;
        case 1:
            if (one.life == Keavrfd::Life::running && !one.steps) {
                one.begin_stop();
            }
            break;
        case 2:
            kill(one);
            break;
        case 3:
            remove(random_.below(locks), nullptr);
            break;
        default:
            ++counts_["all wiped"];
            for (std::size_t i = 0; i < locks; ++i) {
                remove(i, nullptr);
            }
        }
    }

    void kill(Keavrfd& one)
    {
        counts_["killed"] += one.life != Keavrfd::Life::off ? 1U : 0U;
        for (auto& lock : one.has) {
            close(lock.held);
            close(lock.opened);
        }
        one = Keavrfd{};
    }
    // By somebody, or by a keavrfd that ends; whoever holds the file there has to look.
    void remove(std::size_t name, const Keavrfd* by)
    {
        const auto found = names_.find(name);
        if (found == names_.end()) {
            return;
        }
        for (auto& each : keavrfds_) {
            auto& lock = each.has[name];
            if (&each != by && (lock.held == found->second || lock.opened == found->second)) {
                lock.doubtful = true;
            }
        }
        names_.erase(found);
    }
    // Unlocks what was locked by this descriptor.
    void close(std::optional<File>& file)
    {
        const auto lock = file ? locked_.find(*file) : locked_.end();
        if (lock != locked_.end() && lock->second == &file) {
            locked_.erase(lock);
        }
        file.reset();
    }

    void advance(Keavrfd& one)
    {
        if (one.life == Keavrfd::Life::off) {
            return;
        }
        if (!one.steps) {
            one.at = (one.at + 1) % locks;
            one.steps = LockSteps::keep();
        }
        if (!one.steps->ended()) {
            one.steps->done(carry_out(one, one.steps->step()));
        }
        if (one.steps->ended()) {
            conclude(one);
        }
    }

    bool carry_out(Keavrfd& one, Step step)
    {
        auto& lock = one.has[one.at];
        switch (step) {
        case Step::open:
            close(lock.opened);
            lock.opened = names_.try_emplace(one.at, next_file_).first->second;
            next_file_ += *lock.opened == next_file_ ? 1U : 0U;
            return true;
        case Step::lock:
            return locked_.try_emplace(*lock.opened, &lock.opened).second;
        case Step::look: {
            const bool there = named(one.at, lock.opened);
            const bool yes = there || careless_;
            lock.doubtful = lock.doubtful && !yes;
            counts_["locked what nobody finds"] += there ? 0U : 1U;
            return yes;
        }
        case Step::look_at_held: {
            const bool there = named(one.at, lock.held);
            lock.believes = lock.believes && there;
            lock.doubtful = false;
            return there;
        }
        case Step::look_at_leaving:
            lock.believes = false;
            return named(one.at, lock.held);
        case Step::remove:
            counts_["removed another's"] += named(one.at, lock.held) ? 0U : 1U;
            remove(one.at, &one);
            return true;
        case Step::close:
            close(lock.held);
            return true;
        default:
            return true;
        }
    }
    [[nodiscard]] bool named(std::size_t name, const std::optional<File>& file) const
    {
        const auto found = names_.find(name);
        return file && found != names_.end() && found->second == *file;
    }

    void conclude(Keavrfd& one)
    {
        auto& lock = one.has[one.at];
        const auto end = one.steps->step();
        one.steps.reset();
        if (end == Step::held && lock.opened) {
            counts_[one.life == Keavrfd::Life::running ? "remade" : "taken"] += 1;
            close(lock.held);
            lock.held = lock.opened;
            locked_[*lock.held] = &lock.held;
            lock.opened.reset();
            lock.believes = true;
        } else if (end == Step::held) {
            lock.believes = true;
        } else if (end == Step::lost) {
            counts_[one.life == Keavrfd::Life::running ? "lost" : "refused"] += 1;
            lock.believes = false;
            close(lock.opened);
        }
        go_on(one, end);
    }
    void go_on(Keavrfd& one, Step end)
    {
        if (one.life == Keavrfd::Life::starting) {
            if (end == Step::lost) {
                one.life = Keavrfd::Life::stopping; // lets go of those it had
            } else if (++one.at == locks) {
                one.life = Keavrfd::Life::running;
                one.at = 0;
            } else {
                one.steps = LockSteps::take();
            }
        }
        if (one.life == Keavrfd::Life::stopping && !one.steps) {
            next_to_let_go(one);
        }
    }
    static void next_to_let_go(Keavrfd& one)
    {
        if (one.at == 0) {
            one = Keavrfd{};
            return;
        }
        --one.at;
        one.steps = LockSteps::let_go();
    }

    bool sound()
    {
        for (std::size_t i = 0; i < locks; ++i) {
            unsigned sure = 0;
            for (const auto& each : keavrfds_) {
                const auto& lock = each.has[i];
                if (!lock.believes || lock.doubtful) {
                    counts_["believed wrongly for a moment"] += lock.believes && lock.doubtful ? 1U : 0U;
                    continue;
                }
                if (!named(i, lock.held) || locked_.at(*lock.held) != &lock.held || ++sure > 1) {
                    return false;
                }
            }
        }
        return true;
    }

    Generator random_;
    bool careless_;
    File next_file_ = 1;
    std::map<std::size_t, File> names_;
    std::map<File, const void*> locked_; // by which descriptor
    std::array<Keavrfd, daemons> keavrfds_;
    std::map<std::string, unsigned> counts_;
};

} // namespace keavrf::test
