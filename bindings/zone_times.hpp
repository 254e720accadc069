// ZoneTimes: instants as datetimes of one tzinfo, and back.
#pragma once

#include <cstdint>
#include <vector>

#include "civil.hpp"
#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

// Works by the engine's table of offsets, which each stretch of it is compared with the tzinfo for when it is first
// used: where the two differ (zone data of other versions), and for a tzinfo of which nothing is known, the tzinfo is
// asked. One for each tzinfo in use, shared by its triggers. Guarded by the GIL.
class ZoneTimes {
public:
    // The one of this tzinfo, to be released; nullptr with a Python error set. `trigger` is one that is shown in it.
    // `known`: the tzinfo is a datetime.timezone or a zoneinfo.ZoneInfo, by whose rules (PEP 495) the table is read.
    static ZoneTimes* acquire(PyObject* zone, bool known, const sched_trigger* trigger) noexcept;
    void release() noexcept;

    ZoneTimes(const ZoneTimes&) = delete;
    ZoneTimes& operator=(const ZoneTimes&) = delete;

    [[nodiscard]] PyObject* zone() const noexcept { return zone_; }

    // A datetime in this tzinfo; nullptr with a Python error set.
    [[nodiscard]] PyObject* to_datetime(std::int64_t instant) noexcept;

    // The instant of a datetime; a naive one is read in this tzinfo. False with a Python error set.
    bool to_instant(PyObject* datetime, const char* argument, std::int64_t& out) noexcept;

private:
    enum class Check : std::uint8_t { open, same, other };
    struct Stretch {
        std::int64_t begin, end;   // instants, [begin, end)
        std::int64_t offset;       // microseconds
        std::int64_t second_pass;  // until then local times were there before: fold 1
        std::int64_t first_pass;   // from then on local times come again
        Check check = Check::open;
    };

    explicit ZoneTimes(PyObject* zone) noexcept;
    ~ZoneTimes();
    bool read_table(const sched_trigger* trigger) noexcept;
    Stretch* stretch_at(std::int64_t instant) noexcept;
    bool find_local(std::int64_t local, int fold, std::int64_t& out) noexcept;
    [[nodiscard]] Check compare(const Stretch& stretch) const noexcept;
    [[nodiscard]] PyObject* ask_zone(std::int64_t instant) const noexcept;

    PyObject* const zone_;
    int users_ = 1;
    std::vector<Stretch> table_;  // empty: the tzinfo is always asked
    std::size_t last_ = 0;        // where the last answer was found
    Civil shown_{};               // the last one that was shown, and its day: the next one is often of the same
    std::int64_t day_ = INT64_MIN;
};

// Imports what this and datetimes in general need. Throws py::error_already_set.
void prepare_zone_times();

// Whether it is a datetime; else a TypeError that names the argument.
bool is_datetime(PyObject* object, const char* argument) noexcept;

}  // namespace uvsched::python
