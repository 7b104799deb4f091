// One run: warm up, faults one after the other (sometimes two at once) with a look at everything after each, and at the
// end the proof that every lease is known and nothing is left.
#pragma once

#include "bounds.hpp"
#include "faults.hpp"
#include "options.hpp"
#include "world.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::faults {

class Run {
public:
    explicit Run(const Options& options);

    // Prints the table. What was found is reported by BOOST_ERROR.
    void execute();

private:
    // What happens to one VRF, and when it was as it should be again.
    struct Hit {
        std::string name; // in the table
        Tenant* tenant = nullptr;
        std::vector<const Fault*> faults;
        Clock::time_point since{};
        std::optional<Clock::time_point> whole{};
        [[nodiscard]] Milliseconds bound() const;
        [[nodiscard]] std::string what() const;
        [[nodiscard]] bool mended() const;
    };
    void warm_up();
    [[nodiscard]] bool goes_on() const;
    void next_fault();
    [[nodiscard]] std::vector<Hit> choose_hits();
    void perform(std::vector<Hit> hits);
    void inject(Hit& hit);
    // Each VRF that was hit is judged by its own bound, from when that was done to it; the others by the longest.
    void await_recovery(std::vector<Hit>& hits);
    void judge(const Hit& hit, bool alone, std::vector<std::string>& missing);
    void judge_bystanders(const std::vector<Hit>& hits, const std::string& what, std::vector<std::string>& missing);
    // Every tenant that does not serve within the bound is named; the time it took where all did.
    [[nodiscard]] std::vector<std::string> await_service(Clock::time_point since, Milliseconds bound,
                                                         Milliseconds& took);
    [[nodiscard]] Milliseconds bound_of(const Tenant& tenant, Milliseconds base) const;
    void rescue(const std::string& fault);
    void check_tables(const std::string& fault);
    void check_keas(const std::string& fault, const std::map<const Tenant*, pid_t>& before);
    [[nodiscard]] std::map<const Tenant*, pid_t> keas() const;
    void check_journals(const std::string& fault);
    void run_plant();
    void verify_leases();
    void check_newcomers();
    void stop_daemon();
    void check_nothing_left();
    // A long run in which a kind of fault never came has not shown what it stands for.
    void check_all_came();
    void problem(const std::string& text);

    Options options_;
    std::vector<std::string> links_before_;
    World world_;
    std::vector<Fault> faults_;
    Random choices_; // of faults and tenants alone, so that a seed stands for a sequence of them
    Table table_;
    std::map<std::string, unsigned> injected_; // by the fault's name, those that came as one of two as well
    Clock::time_point start_;
    std::size_t descriptors_ = 0;
    std::size_t journal_violations_ = 0;
    unsigned problems_ = 0;
};

} // namespace keavrf::faults
