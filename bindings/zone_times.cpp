#include "zone_times.hpp"

#include <datetime.h>

#include <algorithm>
#include <new>
#include <unordered_map>

#include "errors.hpp"

#pragma GCC diagnostic ignored "-Wold-style-cast"  // in the macros of datetime.h

namespace uvsched::python {
namespace {

// Datetimes of the years 1 and 9999 may leave the calendar when an offset is added.
constexpr std::int64_t kFirst = local_of({1, 1, 3, 0, 0, 0, 0});
constexpr std::int64_t kLast = local_of({9999, 12, 29, 0, 0, 0, 0});

constexpr std::int64_t kHorizon = local_of({2200, 1, 1, 0, 0, 0, 0});  // the table's end (see sched_trigger_offset)

using Registry = std::unordered_map<PyObject*, ZoneTimes*>;
Registry& registry() {
    static auto* const instance = new Registry;
    return *instance;
}

Civil civil_of_datetime(PyObject* value) noexcept {
    return {PyDateTime_GET_YEAR(value),
            PyDateTime_GET_MONTH(value),
            PyDateTime_GET_DAY(value),
            PyDateTime_DATE_GET_HOUR(value),
            PyDateTime_DATE_GET_MINUTE(value),
            PyDateTime_DATE_GET_SECOND(value),
            PyDateTime_DATE_GET_MICROSECOND(value)};
}

PyObject* make_datetime(const Civil& civil, PyObject* zone, int fold) noexcept {
    return PyDateTimeAPI->DateTime_FromDateAndTimeAndFold(civil.year, civil.month, civil.day, civil.hour, civil.minute,
                                                          civil.second, civil.microsecond, zone, fold,
                                                          PyDateTimeAPI->DateTimeType);
}

// The answer of datetime.utcoffset(), in microseconds. 1: it has one; 0: it is None; -1 with a Python error set.
int ask_offset(PyObject* datetime, std::int64_t& out) noexcept {
    const Owned offset(PyObject_CallMethod(datetime, "utcoffset", nullptr));
    if (!offset) return -1;
    if (!PyDelta_Check(offset.get())) return 0;
    const std::int64_t seconds =
        PyDateTime_DELTA_GET_DAYS(offset.get()) * std::int64_t{86'400} + PyDateTime_DELTA_GET_SECONDS(offset.get());
    out = seconds * kSecond + PyDateTime_DELTA_GET_MICROSECONDS(offset.get());
    return 1;
}

}  // namespace

void prepare_zone_times() {
    PyDateTime_IMPORT;
    if (PyDateTimeAPI == nullptr) throw py::error_already_set();
}

bool is_datetime(PyObject* object, const char* argument) noexcept {
    if (PyDateTime_Check(object)) return true;
    PyErr_Format(PyExc_TypeError, "%s: expected a datetime, not %s", argument, Py_TYPE(object)->tp_name);
    return false;
}

ZoneTimes::ZoneTimes(PyObject* zone) noexcept : zone_(Py_NewRef(zone)) {}

ZoneTimes::~ZoneTimes() { Py_DECREF(zone_); }

ZoneTimes* ZoneTimes::acquire(PyObject* zone, bool known, const sched_trigger* trigger) noexcept {
    if (!PyTZInfo_Check(zone)) {
        PyErr_Format(PyExc_TypeError, "timezone: expected a tzinfo, not %s", Py_TYPE(zone)->tp_name);
        return nullptr;
    }
    try {
        ZoneTimes*& found = registry()[zone];
        if (found != nullptr) {
            ++found->users_;
            return found;
        }
        found = new ZoneTimes(zone);
        if (!known || found->read_table(trigger)) return found;
        found->release();
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    }
    return nullptr;
}

void ZoneTimes::release() noexcept {
    if (--users_ > 0) return;
    registry().erase(zone_);
    delete this;
}

bool ZoneTimes::read_table(const sched_trigger* trigger) noexcept {
    for (std::int64_t at = INT64_MIN;;) {
        sched_offset found{};
        const int code = sched_trigger_offset(&found, trigger, at);
        if (code != UVSCHED_OK) {
            set_error(code);
            return false;
        }
        Stretch stretch{found.begin, found.end, found.seconds * kSecond, found.begin, found.end};
        if (!table_.empty()) {
            Stretch& before = table_.back();
            const std::int64_t back = before.offset - stretch.offset;
            stretch.second_pass = stretch.begin + std::max<std::int64_t>(back, 0);
            before.first_pass = before.end - std::max<std::int64_t>(back, 0);
        }
        table_.push_back(stretch);
        if (found.end == INT64_MAX) break;
        at = found.end;
    }
    if (table_.size() > 1) table_.back().end = kHorizon;
    return true;
}

ZoneTimes::Stretch* ZoneTimes::stretch_at(std::int64_t instant) noexcept {
    if (table_.empty()) return nullptr;
    const auto holds = [&](std::size_t index) {
        return index < table_.size() && instant >= table_[index].begin && instant < table_[index].end;
    };
    if (!holds(last_)) {
        if (holds(last_ + 1)) {
            ++last_;
        } else {
            const auto next = std::upper_bound(table_.begin(), table_.end(), instant,
                                               [](std::int64_t at, const Stretch& of) { return at < of.begin; });
            last_ = static_cast<std::size_t>(next - table_.begin()) - 1;
            if (!holds(last_)) return nullptr;
        }
    }
    Stretch& found = table_[last_];
    if (found.check == Check::open) found.check = compare(found);
    return found.check == Check::same ? &found : nullptr;
}

ZoneTimes::Check ZoneTimes::compare(const Stretch& stretch) const noexcept {
    const std::int64_t first = std::max(stretch.begin, kFirst);
    const std::int64_t last = std::min(stretch.end, kLast) - 1;
    for (const std::int64_t at : {first, first + (last - first) / 2, last}) {
        std::int64_t offset = 0;
        const Owned shown(make_datetime(civil_of(at + stretch.offset), zone_, at < stretch.second_pass ? 1 : 0));
        if (!shown || ask_offset(shown.get(), offset) != 1) {
            PyErr_Clear();
            return Check::other;
        }
        if (offset != stretch.offset) return Check::other;
    }
    return Check::same;
}

PyObject* ZoneTimes::ask_zone(std::int64_t instant) const noexcept {
    const Owned utc(make_datetime(civil_of(instant), zone_, 0));
    if (!utc) return nullptr;
    return PyObject_CallMethod(zone_, "fromutc", "O", utc.get());
}

PyObject* ZoneTimes::to_datetime(std::int64_t instant) noexcept {
    const Stretch* const found = stretch_at(instant);
    if (found == nullptr) return ask_zone(instant);
    const std::int64_t local = instant + found->offset;
    const std::int64_t day = day_of(local);
    if (day != day_) {
        day_ = day;
        set_date(shown_, day);
    }
    set_time(shown_, local - day * kDay);
    return make_datetime(shown_, zone_, instant < found->second_pass ? 1 : 0);
}

// Only where one stretch alone has this local time: not in a gap, nor at the ends of what the table knows.
bool ZoneTimes::find_local(std::int64_t local, int fold, std::int64_t& out) noexcept {
    if (table_.empty()) return false;
    // An instant near it, then the stretch on either side that fits.
    std::int64_t guess = local - table_[last_].offset;
    for (int tries = 0; tries < 3; ++tries) {
        const Stretch* const found = stretch_at(guess);
        if (found == nullptr) return false;
        const std::int64_t instant = local - found->offset;
        if (instant < found->begin || (fold == 0 && instant < found->second_pass)) {
            guess = found->begin - 1;
        } else if (instant >= found->end || (fold == 1 && instant >= found->first_pass)) {
            guess = found->end;
        } else {
            out = instant;
            return true;
        }
    }
    return false;
}

bool ZoneTimes::to_instant(PyObject* datetime, const char* argument, std::int64_t& out) noexcept {
    const std::int64_t local = local_of(civil_of_datetime(datetime));
    PyObject* const own = PyDateTime_DATE_GET_TZINFO(datetime);
    if (own == PyDateTime_TimeZone_UTC) {
        out = local;
        return true;
    }
    const bool naive = own == Py_None;
    const int fold = PyDateTime_DATE_GET_FOLD(datetime);
    if ((naive || own == zone_) && find_local(local, fold, out)) return true;
    const Owned aware(naive ? make_datetime(civil_of(local), zone_, fold) : Py_NewRef(datetime));
    std::int64_t offset = 0;
    const int answer = aware ? ask_offset(aware.get(), offset) : -1;
    if (answer == 0) PyErr_Format(PyExc_ValueError, "%s: the tzinfo of %R gives no offset", argument, datetime);
    out = local - offset;
    return answer == 1;
}

}  // namespace uvsched::python
