#include "core/log.hpp"

#include "core/log_output.hpp"
#include "core/types.hpp"

#include <boost/log/attributes/constant.hpp>
#include <boost/log/core.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/unlocked_frontend.hpp>
#include <boost/log/utility/exception_handler.hpp>
#include <boost/make_shared.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

namespace keavrf::log {

namespace logging = boost::log;
namespace sinks = boost::log::sinks;

namespace {

// The attribute by which a record reaches the backend; synchronous, so that the pointer outlives its use.
const logging::attribute_name& record_attribute()
{
    static const logging::attribute_name name("Record");
    return name;
}

std::string format(const Record& record, Format as)
{
    const auto now = std::chrono::system_clock::now();
    const std::size_t limit = LineOutput::longest_line - 1;
    std::string line;
    switch (as) {
    case Format::text:
        line = format_text(record, local_timestamp(now), limit);
        break;
    case Format::json:
        line = format_json(record, utc_timestamp(now), limit);
        break;
    case Format::journal:
        line = format_journal(record, limit);
        break;
    }
    return line + '\n';
}

// Formats and writes. Boost.Log's own text backends write to a std::ostream, which would block.
class Backend : public sinks::basic_sink_backend<sinks::concurrent_feeding> {
public:
    void configure(Format as, int descriptor)
    {
        format_ = as;
        const bool same = same_file(descriptor);
        // The rest of a half-written line stays with its descriptor.
        if (!output_ || output_->descriptor() != descriptor || !same) {
            output_ = std::make_unique<LineOutput>(descriptor);
        }
    }
    void consume(const logging::record_view& view)
    {
        const auto record = view.attribute_values()[record_attribute()].extract<const Record*>();
        if (capture_ != nullptr) {
            capture_->deliver(**record);
        } else {
            put(**record);
        }
    }
    Capture* exchange_capture(Capture* capture) { return std::exchange(capture_, capture); }
    [[nodiscard]] bool capturing() const noexcept { return capture_ != nullptr; }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

private:
    bool same_file(int descriptor)
    {
        struct stat now {};
        const bool known = ::fstat(descriptor, &now) == 0;
        const bool same = known && now.st_dev == device_ && now.st_ino == inode_;
        device_ = now.st_dev;
        inode_ = now.st_ino;
        return same;
    }
    void put(const Record& record)
    {
        if (!output_) {
            configure(format_, STDERR_FILENO);
        }
        if (unreported_ > 0 && report_dropped()) {
            unreported_ = 0;
        }
        if (unreported_ > 0 || !output_->write(format(record, format_))) {
            ++dropped_;
            ++unreported_;
        }
    }
    bool report_dropped()
    {
        const Field count("lines", unreported_);
        const Record record{
            Level::warning, "log.dropped", {}, "log lines were dropped: their reader was too slow", &count, 1};
        return output_->write(format(record, format_));
    }

    Format format_ = Format::text;
    std::unique_ptr<LineOutput> output_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    Capture* capture_ = nullptr;
    std::uint64_t dropped_ = 0;
    std::uint64_t unreported_ = 0;
};

Level lowest_level = Level::info;

// One thread logs, so the frontend takes no lock and the core starts no thread.
const boost::shared_ptr<Backend>& backend()
{
    static const boost::shared_ptr<Backend> instance = [] {
        auto made = boost::make_shared<Backend>();
        const auto core = logging::core::get();
        core->add_sink(boost::make_shared<sinks::unlocked_sink<Backend>>(made));
        core->set_exception_handler(logging::make_exception_suppressor());
        return made;
    }();
    return instance;
}

} // namespace

void configure(Level level, Format format, int descriptor)
{
    lowest_level = level;
    backend()->configure(format, descriptor);
}

std::uint64_t dropped_lines() noexcept
{
    return backend()->dropped();
}

bool enabled(Level level) noexcept
{
    return level >= lowest_level || backend()->capturing();
}

void write(Level level, std::string_view event, std::string_view vrf, std::string_view message, Fields fields)
{
    if (!enabled(level)) {
        return;
    }
    // A caller that logs between a failed system call and its errno keeps it.
    const int saved_errno = errno;
    const Record record{level, event, vrf, message, fields.begin(), fields.size()};
    logging::attribute_set attributes;
    attributes[record_attribute()] = logging::attributes::constant<const Record*>(&record);
    const auto core = logging::core::get();
    if (auto opened = core->open_record(attributes)) {
        core->push_record(std::move(opened));
    }
    errno = saved_errno;
}

void write(Level level, std::string_view event, const VrfName& vrf, std::string_view message, Fields fields)
{
    write(level, event, std::string_view(vrf.str()), message, fields);
}

Format detect_format(int descriptor)
{
    // "device:inode" of the stream that systemd connected to the journal; stderr may have been redirected since.
    const char* stream = std::getenv("JOURNAL_STREAM"); // NOLINT(concurrency-mt-unsafe): one thread
    struct stat status {};
    if (stream == nullptr || ::fstat(descriptor, &status) != 0) {
        return Format::text;
    }
    const auto actual = std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
    return actual == stream ? Format::journal : Format::text;
}

Capture::Capture(std::function<void(const Record&)> sink)
    : sink_(std::move(sink)), outer_(backend()->exchange_capture(this))
{
}

Capture::~Capture()
{
    backend()->exchange_capture(outer_);
}

} // namespace keavrf::log
