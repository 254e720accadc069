// uvsched.hpp - uvsched.h for C++17: the same calls, with handles that free themselves, exceptions instead of codes,
// std::chrono for times, enum classes, and callables.
//
// Header-only, over uvsched.h alone; docs/c-api.md has examples. uvsched.h says, once, what a call does, whether it
// waits, and which thread may make it: members here have the C function's name without its prefix.
//
//   - A failing call throws sched::Error with the code and the text.
//   - Handle classes are move-only owners. get() is the C handle; a moved-from object's calls throw UVSCHED_EHANDLE.
//   - Run, Ask, Event and Item are borrowed views: valid as long as the C pointer is.
//   - An Instant is a time of the system clock, in microseconds; spans are microseconds, timeouts milliseconds.
//   - An empty text stands for NULL where the C function may be given NULL.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "uvsched.h"

namespace sched {

using Micros = std::chrono::microseconds;
using Millis = std::chrono::milliseconds;
using Instant = std::chrono::time_point<std::chrono::system_clock, Micros>;

inline constexpr Millis kForever{-1};
inline constexpr Millis kNoWait{0};

// Instants and timeouts as the C functions take them. A timeout that an int does not hold is as long as one can be.
[[nodiscard]] constexpr std::int64_t to_c(Instant instant) noexcept { return instant.time_since_epoch().count(); }
[[nodiscard]] constexpr Instant from_c(std::int64_t microseconds) noexcept { return Instant(Micros(microseconds)); }
[[nodiscard]] constexpr int to_c(Millis timeout) noexcept {
    return static_cast<int>(std::clamp<std::int64_t>(timeout.count(), INT32_MIN, INT32_MAX));
}

// ---- Enums: the values of uvsched.h, which has their comments ----

enum class State : std::int32_t {
    stopped = UVSCHED_STATE_STOPPED,
    running = UVSCHED_STATE_RUNNING,
    paused = UVSCHED_STATE_PAUSED,
    starting = UVSCHED_STATE_STARTING,
    stopping = UVSCHED_STATE_STOPPING,
};
enum class StopMode : std::int32_t { wait = UVSCHED_STOP_WAIT, cancel = UVSCHED_STOP_CANCEL };
enum class Undeclared : std::int32_t {
    keep = UVSCHED_UNDECLARED_KEEP,
    pause = UVSCHED_UNDECLARED_PAUSE,
    remove = UVSCHED_UNDECLARED_DELETE,  // "delete" is a word of the language
};
enum class Driver : std::int32_t { own_thread = UVSCHED_DRIVER_OWN_THREAD, caller = UVSCHED_DRIVER_CALLER };
enum class Role : std::int32_t { node = UVSCHED_ROLE_NODE, visitor = UVSCHED_ROLE_VISITOR };
enum class Migration : std::int32_t { run = UVSCHED_MIGRATE, show = UVSCHED_MIGRATE_SHOW };
enum class OnCrash : std::int32_t { rerun = UVSCHED_CRASH_RERUN, mark_lost = UVSCHED_CRASH_MARK_LOST };
enum class OnExisting : std::uint32_t {
    declare = 0,
    replace = UVSCHED_REPLACE_EXISTING,
    raise = UVSCHED_RAISE_CONFLICT,
    keep = UVSCHED_KEEP_EXISTING,
};
enum class Why : std::int32_t {
    match = UVSCHED_WHY_MATCH,
    gap = UVSCHED_WHY_GAP,
    first_pass = UVSCHED_WHY_FIRST_PASS,
    second_pass = UVSCHED_WHY_SECOND_PASS,
};
enum class ItemTag : std::uint32_t {
    run = UVSCHED_ITEM_RUN,
    event = UVSCHED_ITEM_EVENT,
    trigger_next = UVSCHED_ITEM_TRIGGER_NEXT,
    store_call = UVSCHED_ITEM_STORE_CALL,
    release = UVSCHED_ITEM_RELEASE,
    stopped = UVSCHED_ITEM_STOPPED,
    cancel = UVSCHED_ITEM_CANCEL,
};
enum class RunStatus : std::int32_t {
    done = UVSCHED_RUN_DONE,
    failed = UVSCHED_RUN_FAILED,
    cancelled = UVSCHED_RUN_CANCELLED,
};

// ---- Errors and handles ----

// A call that failed.
class Error : public std::runtime_error {
public:
    Error(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
    // One of UVSCHED_E*.
    [[nodiscard]] int code() const noexcept { return code_; }
    [[nodiscard]] const char* name() const noexcept { return sched_error_name(code_); }

private:
    int code_;
};

// Throws what this thread's last call left, unless it was UVSCHED_OK.
inline void check(int code) {
    if (code != UVSCHED_OK) throw Error(code, sched_last_error());
}

// A handle's owner.
template <class T, auto Free>
class Handle {
public:
    Handle() noexcept = default;
    explicit Handle(T* raw) noexcept : raw_(raw) {}
    Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
    Handle& operator=(Handle&& other) noexcept {
        if (this != &other) reset(std::exchange(other.raw_, nullptr));
        return *this;
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { reset(); }

    [[nodiscard]] T* get() const noexcept { return raw_; }
    explicit operator bool() const noexcept { return raw_ != nullptr; }
    // Gives the C handle away.
    [[nodiscard]] T* release() noexcept { return std::exchange(raw_, nullptr); }
    void reset(T* raw = nullptr) noexcept {
        T* const old = std::exchange(raw_, raw);
        if (old != nullptr) static_cast<void>(Free(old));
    }

private:
    T* raw_ = nullptr;
};

// A run, in its function or on its queue.
class Run {
public:
    explicit Run(const sched_run* raw) noexcept : raw_(raw) {}
    [[nodiscard]] const sched_run* get() const noexcept { return raw_; }

    [[nodiscard]] const char* task_id() const noexcept { return sched_run_task_id(raw_); }
    [[nodiscard]] const char* task_name() const noexcept { return sched_run_task_name(raw_); }
    [[nodiscard]] const char* function() const noexcept { return sched_run_function(raw_); }
    [[nodiscard]] const char* store() const noexcept { return sched_run_store(raw_); }
    [[nodiscard]] const char* arguments() const noexcept { return sched_run_arguments(raw_); }
    [[nodiscard]] const char* kind() const noexcept { return sched_run_kind(raw_); }
    [[nodiscard]] std::string fire_id() const {
        char buffer[UVSCHED_FIRE_ID_SIZE];
        return sched_run_fire_id(buffer, raw_);
    }
    [[nodiscard]] Instant scheduled_time() const noexcept { return from_c(sched_run_scheduled_time(raw_)); }
    [[nodiscard]] Instant first_time() const noexcept { return from_c(sched_run_first_time(raw_)); }
    [[nodiscard]] std::int64_t folded() const noexcept { return sched_run_folded(raw_); }
    [[nodiscard]] bool exact() const noexcept { return sched_run_exact(raw_) != 0; }
    [[nodiscard]] int attempt() const noexcept { return sched_run_attempt(raw_); }
    [[nodiscard]] bool cancelled() const noexcept { return sched_run_cancelled(raw_) != 0; }

    void set_result(const std::string& json) const { check(sched_run_set_result(raw_, json.data(), json.size())); }
    void set_error(const std::string& text) const { check(sched_run_set_error(raw_, text.data(), text.size())); }

private:
    const sched_run* raw_;
};

// A question to a custom trigger, in its function or as an item says.
class Ask {
public:
    explicit Ask(const sched_ask* raw) noexcept : raw_(raw) {}
    [[nodiscard]] const sched_ask* get() const noexcept { return raw_; }

    [[nodiscard]] std::uint64_t id() const noexcept { return sched_ask_id(raw_); }
    [[nodiscard]] const char* task_id() const noexcept { return sched_ask_task_id(raw_); }
    [[nodiscard]] const char* trigger() const noexcept { return sched_ask_trigger(raw_); }
    [[nodiscard]] const char* arguments() const noexcept { return sched_ask_arguments(raw_); }
    [[nodiscard]] const char* timezone() const noexcept { return sched_ask_timezone(raw_); }
    // The last time that it gave; nothing if the first is asked for.
    [[nodiscard]] std::optional<Instant> previous() const noexcept {
        const std::int64_t time = sched_ask_previous(raw_);
        return time == INT64_MIN ? std::nullopt : std::optional(from_c(time));
    }
    [[nodiscard]] Instant now() const noexcept { return from_c(sched_ask_now(raw_)); }

private:
    const sched_ask* raw_;
};

// An event, in its listener or until the consumer's next take.
class Event {
public:
    explicit Event(const sched_event* raw) noexcept : raw_(raw) {}
    [[nodiscard]] const sched_event* get() const noexcept { return raw_; }

    [[nodiscard]] std::uint64_t code() const noexcept { return sched_event_code(raw_); }
    [[nodiscard]] const char* name() const noexcept { return sched_event_name(raw_); }
    [[nodiscard]] Instant time() const noexcept { return from_c(sched_event_time(raw_)); }
    [[nodiscard]] const char* alias() const noexcept { return sched_event_alias(raw_); }
    [[nodiscard]] const char* task_id() const noexcept { return sched_event_task_id(raw_); }
    [[nodiscard]] const char* task_name() const noexcept { return sched_event_task_name(raw_); }
    [[nodiscard]] const char* fire_id() const noexcept { return sched_event_fire_id(raw_); }
    [[nodiscard]] Instant scheduled_time() const noexcept { return from_c(sched_event_scheduled_time(raw_)); }
    [[nodiscard]] Instant first_time() const noexcept { return from_c(sched_event_first_time(raw_)); }
    [[nodiscard]] std::int64_t count() const noexcept { return sched_event_count(raw_); }
    [[nodiscard]] bool exact() const noexcept { return sched_event_exact(raw_) != 0; }
    [[nodiscard]] bool asked() const noexcept { return sched_event_asked(raw_) != 0; }
    [[nodiscard]] const char* reason() const noexcept { return sched_event_reason(raw_); }
    [[nodiscard]] int attempt() const noexcept { return sched_event_attempt(raw_); }
    [[nodiscard]] Micros duration() const noexcept { return Micros(sched_event_duration(raw_)); }
    [[nodiscard]] const char* result() const noexcept { return sched_event_result(raw_); }
    [[nodiscard]] const char* message() const noexcept { return sched_event_message(raw_); }

private:
    const sched_event* raw_;
};

// A row of history, copied: the members of sched_history_row, with C++ types.
struct HistoryRow {
    explicit HistoryRow(const sched_history_row& row) {
#define UVSCHED_COPY(name) name = row.name;
#define UVSCHED_COPY_INSTANT(name) name = from_c(row.name);
        UVSCHED_HISTORY_FIELDS(UVSCHED_COPY, UVSCHED_COPY_INSTANT, UVSCHED_COPY, UVSCHED_COPY)
#undef UVSCHED_COPY
#undef UVSCHED_COPY_INSTANT
    }

#define UVSCHED_STRING_MEMBER(name) std::string name;
#define UVSCHED_INSTANT_MEMBER(name) Instant name;
    UVSCHED_HISTORY_FIELDS(UVSCHED_STRING_MEMBER, UVSCHED_INSTANT_MEMBER, UVSCHED_INT64_MEMBER, UVSCHED_INT32_MEMBER)
#undef UVSCHED_STRING_MEMBER
#undef UVSCHED_INSTANT_MEMBER
};

// Which rows of history; a member that is empty or 0 does not choose.
struct HistoryQuery {
    std::string task_id;
    std::string store;  // empty: "default"
    std::string state;
    std::int64_t before = 0;
    std::int64_t limit = 0;
};

// ---- Configuration ----

class Config : public Handle<sched_config, sched_config_free> {
public:
    Config() : Handle(make()) {}
    static Config from_json(const std::string& json) {
        sched_config* raw = nullptr;
        check(sched_config_from_json(&raw, json.c_str()));
        return Config(raw);
    }

    std::string json() {
        const char* const out = sched_config_json(get());
        if (out == nullptr) throw Error(UVSCHED_EHANDLE, sched_last_error());
        return out;
    }
    std::string nest_json(const std::string& json) {
        const char* out = nullptr;
        check(sched_config_nest_json(&out, get(), json.c_str()));
        return out;
    }
    Config& add_store(const std::string& alias, const std::string& url) {
        return done(sched_config_add_store(get(), alias.c_str(), url.c_str()));
    }
    Config& add_executor(const std::string& alias, const std::string& spec) {
        return done(sched_config_add_executor(get(), alias.c_str(), spec.c_str()));
    }
    Config& set_timezone(const std::string& name) { return done(sched_config_set_timezone(get(), name.c_str())); }
    Config& set_identity(const std::string& name) { return done(sched_config_set_identity(get(), name.c_str())); }
    // Nothing: a run is never too late.
    Config& set_mistrigger_grace_time(std::optional<Micros> span) {
        return done(sched_config_set_mistrigger_grace_time(get(), span ? span->count() : -1));
    }
    Config& set_coalesce(bool coalesce) { return done(sched_config_set_coalesce(get(), coalesce ? 1 : 0)); }
    Config& set_max_instances(int number) { return done(sched_config_set_max_instances(get(), number)); }
    Config& set_max_catch_up(int number) { return done(sched_config_set_max_catch_up(get(), number)); }
    Config& set_undeclared(Undeclared undeclared) {
        return done(sched_config_set_undeclared(get(), static_cast<sched_undeclared>(undeclared)));
    }
    Config& set_driver(Driver driver) {
        return done(sched_config_set_driver(get(), static_cast<sched_driver>(driver)));
    }
    Config& set_role(Role role) { return done(sched_config_set_role(get(), static_cast<sched_role>(role))); }
    // JSON; see sched_config_migrate_store().
    std::string migrate_store(const std::string& store, Migration how = Migration::run) {
        const char* out = nullptr;
        check(sched_config_migrate_store(&out, get(), store.c_str(), static_cast<sched_migration>(how)));
        return out;
    }
    Config& set_retention(const std::string& store, Micros age, std::int64_t rows_per_task) {
        return done(sched_config_set_retention(get(), store.c_str(), age.count(), rows_per_task));
    }
    Config& set_manual_clock(Instant start) { return done(sched_config_set_manual_clock(get(), to_c(start))); }

private:
    explicit Config(sched_config* raw) noexcept : Handle(raw) {}
    static sched_config* make() {
        sched_config* raw = nullptr;
        check(sched_config_new(&raw));
        return raw;
    }
    Config& done(int code) {
        check(code);
        return *this;
    }
};

// ---- Triggers ----

// The name of the machine's time zone.
inline std::string local_timezone() {
    char name[UVSCHED_ZONE_NAME_SIZE];
    check(sched_local_timezone(name));
    return name;
}

// A due time, and why the rule names it.
struct Time {
    explicit Time(const sched_time& time)
        : instant(from_c(time.instant)), offset(time.offset_seconds), why(static_cast<Why>(time.why)) {}
    Instant instant;
    std::chrono::seconds offset;  // local time minus UTC in the trigger's zone, then
    Why why;
};

// A stretch of constant offset: [begin, end).
struct Offset {
    explicit Offset(const sched_offset& stretch)
        : begin(from_c(stretch.begin)), end(from_c(stretch.end)), offset(stretch.seconds) {}
    Instant begin;  // Instant::min(): since ever
    Instant end;    // Instant::max(): for ever
    std::chrono::seconds offset;
};

class Trigger : public Handle<sched_trigger, sched_trigger_free> {
public:
    explicit Trigger(sched_trigger* raw) noexcept : Handle(raw) {}
    static Trigger from_cron(const std::string& expression, const std::string& zone = {}) {
        sched_trigger* raw = nullptr;
        check(sched_trigger_from_cron(&raw, expression.c_str(), or_null(zone)));
        return Trigger(raw);
    }
    static Trigger from_json(const std::string& json, const std::string& zone = {}) {
        sched_trigger* raw = nullptr;
        check(sched_trigger_from_json(&raw, json.c_str(), or_null(zone)));
        return Trigger(raw);
    }
    // Sets the struct's size itself.
    static Trigger from_fields(sched_cron_fields fields, const std::string& zone = {}) {
        sched_trigger* raw = nullptr;
        fields.size = sizeof fields;
        check(sched_trigger_from_fields(&raw, &fields, or_null(zone)));
        return Trigger(raw);
    }

    // The first after, the last before; nothing if there is none.
    [[nodiscard]] std::optional<Time> next(Instant after) const { return one(next(after, 1)); }
    [[nodiscard]] std::optional<Time> previous(Instant before) const { return one(previous(before, 1)); }
    // At most `limit` of them: oldest first, newest first.
    [[nodiscard]] std::vector<Time> next(Instant after, std::size_t limit) const {
        return list(sched_trigger_next, after, limit);
    }
    [[nodiscard]] std::vector<Time> previous(Instant before, std::size_t limit) const {
        return list(sched_trigger_previous, before, limit);
    }
    [[nodiscard]] Offset offset(Instant instant) const {
        sched_offset stretch{};
        check(sched_trigger_offset(&stretch, get(), to_c(instant)));
        return Offset(stretch);
    }
    Trigger& set_key(const std::string& key) {
        check(sched_trigger_set_key(get(), key.c_str()));
        return *this;
    }
    [[nodiscard]] std::string json() const { return text_of(sched_trigger_json(get())); }
    [[nodiscard]] std::string text() const { return text_of(sched_trigger_text(get())); }

private:
    static const char* or_null(const std::string& text) noexcept { return text.empty() ? nullptr : text.c_str(); }
    static std::string text_of(const char* text) {
        if (text == nullptr) throw Error(UVSCHED_EHANDLE, sched_last_error());
        return text;
    }
    static std::optional<Time> one(const std::vector<Time>& times) {
        return times.empty() ? std::nullopt : std::optional(times.front());
    }
    template <class Call>
    [[nodiscard]] std::vector<Time> list(Call&& call, Instant from, std::size_t limit) const {
        std::vector<sched_time> times(limit);
        std::size_t count = 0;
        check(call(times.data(), limit, &count, get(), to_c(from)));
        return {times.begin(), times.begin() + static_cast<std::ptrdiff_t>(count)};
    }
};

// ---- Tasks ----

class Queue;

// The numbers of a task.
struct TaskInfo {
    explicit TaskInfo(const sched_task_info& info)
        : runs(info.runs),
          token(info.token),
          max_instances(info.max_instances),
          max_catch_up(info.max_catch_up),
          max_crashes(info.max_crashes),
          running(info.running),
          on_crash(static_cast<OnCrash>(info.on_crash)),
          coalesce(info.coalesce != 0),
          paused(info.paused != 0),
          finished(info.finished != 0),
          pending(info.pending != 0) {
        if (info.next_run_time != INT64_MAX) next_run_time = from_c(info.next_run_time);
        if (info.mistrigger_grace_time >= 0) mistrigger_grace_time = Micros(info.mistrigger_grace_time);
    }
    std::optional<Instant> next_run_time;  // nothing: paused, finished, never
    std::optional<Micros> mistrigger_grace_time;
    std::int64_t runs;
    std::uint64_t token;
    int max_instances;
    int max_catch_up;
    int max_crashes;
    int running;
    OnCrash on_crash;
    bool coalesce;
    bool paused;
    bool finished;
    bool pending;
};

class Task : public Handle<sched_task, sched_task_free> {
public:
    explicit Task(const std::string& function) : Handle(make(function.c_str())) {}
    explicit Task(sched_task* raw) noexcept : Handle(raw) {}
    // A description of changes, for Scheduler::update_task().
    static Task changes() { return Task(make(nullptr)); }

    Task& set_function(const std::string& name) { return done(sched_task_set_function(get(), name.c_str())); }
    Task& set_id(const std::string& id) { return done(sched_task_set_id(get(), id.c_str())); }
    Task& set_name(const std::string& name) { return done(sched_task_set_name(get(), name.c_str())); }
    Task& set_store(const std::string& alias) { return done(sched_task_set_store(get(), alias.c_str())); }
    Task& set_executor(const std::string& alias) { return done(sched_task_set_executor(get(), alias.c_str())); }
    Task& set_arguments(const std::string& json) { return done(sched_task_set_arguments(get(), json.c_str())); }
    Task& set_no_arguments() { return done(sched_task_set_arguments(get(), nullptr)); }
    Task& set_date(Instant instant) { return done(sched_task_set_date(get(), to_c(instant))); }
    Task& set_interval(Micros span) { return done(sched_task_set_interval(get(), span.count())); }
    // An empty zone: the scheduler's.
    Task& set_cron(const std::string& expression, const std::string& zone = {}) {
        return done(sched_task_set_cron(get(), expression.c_str(), zone.empty() ? nullptr : zone.c_str()));
    }
    Task& set_trigger(const Trigger& trigger) { return done(sched_task_set_trigger(get(), trigger.get())); }
    Task& set_custom_trigger(const std::string& name, const std::string& arguments = {}) {
        return done(
            sched_task_set_custom_trigger(get(), name.c_str(), arguments.empty() ? nullptr : arguments.c_str()));
    }
    Task& set_trigger_json(const std::string& json) { return done(sched_task_set_trigger_json(get(), json.c_str())); }
    Task& set_start_at(Instant instant) { return done(sched_task_set_start_at(get(), to_c(instant))); }
    Task& set_end_at(Instant instant) { return done(sched_task_set_end_at(get(), to_c(instant))); }
    Task& set_jitter(Micros span) { return done(sched_task_set_jitter(get(), span.count())); }
    Task& set_timezone(const std::string& name) { return done(sched_task_set_timezone(get(), name.c_str())); }
    // Nothing: a run is never too late.
    Task& set_mistrigger_grace_time(std::optional<Micros> span) {
        return done(sched_task_set_mistrigger_grace_time(get(), span ? span->count() : -1));
    }
    Task& set_coalesce(bool coalesce) { return done(sched_task_set_coalesce(get(), coalesce ? 1 : 0)); }
    Task& set_max_instances(int number) { return done(sched_task_set_max_instances(get(), number)); }
    Task& set_max_catch_up(int number) { return done(sched_task_set_max_catch_up(get(), number)); }
    Task& set_on_crash(OnCrash on_crash) {
        return done(sched_task_set_on_crash(get(), static_cast<sched_on_crash>(on_crash)));
    }
    Task& set_max_crashes(int number) { return done(sched_task_set_max_crashes(get(), number)); }
    Task& set_next_run_time(Instant instant) { return done(sched_task_set_next_run_time(get(), to_c(instant))); }
    Task& set_paused() { return done(sched_task_set_paused(get())); }
    Task& set_local() { return done(sched_task_set_local(get())); }
    Task& set_token(std::uint64_t token, const Queue& queue);

    [[nodiscard]] std::string id() const { return text(sched_task_id(get())); }
    [[nodiscard]] std::string name() const { return text(sched_task_name(get())); }
    [[nodiscard]] std::string function() const { return text(sched_task_function(get())); }
    [[nodiscard]] std::string store() const { return text(sched_task_store(get())); }
    [[nodiscard]] std::string executor() const { return text(sched_task_executor(get())); }
    [[nodiscard]] std::string arguments() const { return text(sched_task_arguments(get())); }
    [[nodiscard]] std::string trigger_json() const { return text(sched_task_trigger_json(get())); }
    [[nodiscard]] std::string trigger_text() const { return text(sched_task_trigger_text(get())); }
    [[nodiscard]] TaskInfo info() const {
        sched_task_info info = UVSCHED_TASK_INFO_INIT;
        check(sched_task_get_info(&info, get()));
        return TaskInfo(info);
    }
    [[nodiscard]] std::optional<Instant> next_run_time() const { return info().next_run_time; }

private:
    static sched_task* make(const char* function) {
        sched_task* raw = nullptr;
        check(sched_task_new(&raw, function));
        return raw;
    }
    static std::string text(const char* text) {
        if (text == nullptr) throw Error(UVSCHED_EHANDLE, sched_last_error());
        return text;
    }
    Task& done(int code) {
        check(code);
        return *this;
    }
};

// An iterator's element, or nothing at its end. all() reads the rest.
template <class Element, class T, auto Free>
class Iterator : public Handle<T, Free> {
public:
    using Handle<T, Free>::Handle;
    [[nodiscard]] std::optional<Element> next();
    [[nodiscard]] std::vector<Element> all() {
        std::vector<Element> found;
        while (std::optional<Element> element = next()) found.push_back(std::move(*element));
        return found;
    }
};

// The tasks of a store, or of all: for (TaskIterator tasks = …; std::optional<Task> task = tasks.next();) …
using TaskIterator = Iterator<Task, sched_task_iterator, sched_task_iterator_free>;
using HistoryIterator = Iterator<HistoryRow, sched_history_iterator, sched_history_iterator_free>;

template <>
inline std::optional<Task> TaskIterator::next() {
    sched_task* raw = nullptr;
    const int code = sched_task_iterator_next(&raw, get());
    if (code == UVSCHED_EEND) return std::nullopt;
    check(code);
    return Task(raw);
}

template <>
inline std::optional<HistoryRow> HistoryIterator::next() {
    sched_history_row row = UVSCHED_HISTORY_ROW_INIT;
    const int code = sched_history_iterator_next(&row, get());
    if (code == UVSCHED_EEND) return std::nullopt;
    check(code);
    return HistoryRow(row);
}

// ---- Run queues ----

// The answer to an ask, for Queue::answer(). It keeps its text.
class Answer {
public:
    // A time, or nothing: there is no further one.
    Answer(std::uint64_t ask, std::optional<Instant> next) noexcept {
        raw_.ask_id = ask;
        raw_.status = next ? UVSCHED_TRIGGER_TIME : UVSCHED_TRIGGER_NEVER;
        if (next) raw_.time = to_c(*next);
    }
    // It fails.
    Answer(std::uint64_t ask, std::string why) noexcept : why_(std::move(why)) {
        raw_.ask_id = ask;
        raw_.status = UVSCHED_TRIGGER_FAILED;
    }
    // Its text is valid until this changes, moves or ends.
    [[nodiscard]] sched_answer get() const noexcept {
        sched_answer raw = raw_;
        raw.error = why_.data();
        raw.error_length = why_.size();
        return raw;
    }

private:
    sched_answer raw_{};
    std::string why_;
};

// The end of a run, for Queue::finish(). It keeps its texts.
class Result {
public:
    explicit Result(std::uint64_t run, RunStatus how = RunStatus::done) noexcept {
        raw_.run_id = run;
        raw_.status = static_cast<std::int32_t>(how);
    }
    Result& set_result(std::string json) noexcept {
        result_ = std::move(json);
        return *this;
    }
    Result& set_error(std::string text) noexcept {
        error_ = std::move(text);
        return *this;
    }
    // Its texts are valid until this changes, moves or ends.
    [[nodiscard]] sched_result get() const noexcept {
        sched_result raw = raw_;
        raw.result = result_.data();
        raw.result_length = result_.size();
        raw.error = error_.data();
        raw.error_length = error_.size();
        return raw;
    }

private:
    sched_result raw_{};
    std::string result_;
    std::string error_;
};

// What a consumer takes: a run to be made and reported, an event, a question to a custom trigger, or news.
class Item {
public:
    explicit Item(const sched_item& raw) noexcept : raw_(raw) {}
    [[nodiscard]] const sched_item& get() const noexcept { return raw_; }

    [[nodiscard]] ItemTag tag() const noexcept { return static_cast<ItemTag>(raw_.tag); }
    [[nodiscard]] std::uint64_t run_id() const noexcept { return raw_.run_id; }
    [[nodiscard]] std::uint64_t token() const noexcept { return raw_.token; }
    // Each is there if the tag says so.
    [[nodiscard]] Run run() const noexcept { return Run(raw_.run); }
    [[nodiscard]] Event event() const noexcept { return Event(raw_.event); }
    [[nodiscard]] Ask ask() const noexcept { return Ask(raw_.ask); }

private:
    sched_item raw_;
};

class Consumer : public Handle<sched_consumer, sched_consumer_free> {
public:
    Consumer() noexcept = default;
    explicit Consumer(sched_consumer* raw) noexcept : Handle(raw) {}
    // With room for so many runs that wait.
    Consumer(const Queue& queue, std::size_t room);
    // So many workers, each busy with a run from its take to its Queue::finish().
    [[nodiscard]] static Consumer of_workers(const Queue& queue, std::size_t workers);

    // At most `capacity` items; none: the time is over, or Queue::wake() was called.
    [[nodiscard]] std::vector<Item> take(std::size_t capacity, Millis timeout) {
        std::vector<sched_item> items(capacity);
        std::size_t count = 0;
        check(sched_consumer_take(items.data(), capacity, &count, get(), to_c(timeout)));
        return {items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count)};
    }
};

class Queue : public Handle<sched_queue, sched_queue_free> {
public:
    Queue() noexcept = default;
    explicit Queue(sched_queue* raw) noexcept : Handle(raw) {}

    void wake() const { check(sched_queue_wake(get())); }
    [[nodiscard]] int fd() const {
        int fd = -1;
        check(sched_queue_fd(&fd, get()));
        return fd;
    }
    void set_notify(sched_notify_fn notify, void* user_data) const {
        check(sched_queue_set_notify(get(), notify, user_data));
    }
    void subscribe(std::uint64_t mask) const { check(sched_queue_subscribe(get(), mask)); }
    void finish(const std::vector<Result>& results) const {
        std::vector<sched_result> all;
        all.reserve(results.size());
        for (const Result& result : results) all.push_back(result.get());
        check(sched_queue_finish(get(), all.data(), all.size()));
    }
    void finish(const Result& result) const {
        const sched_result raw = result.get();
        check(sched_queue_finish(get(), &raw, 1));
    }
    void answer(const Answer& answer) const {
        const sched_answer raw = answer.get();
        check(sched_queue_answer(get(), &raw, 1));
    }
};

inline Consumer::Consumer(const Queue& queue, std::size_t room) {
    sched_consumer* raw = nullptr;
    check(sched_consumer_new(&raw, queue.get(), room));
    reset(raw);
}

inline Consumer Consumer::of_workers(const Queue& queue, std::size_t workers) {
    sched_consumer* raw = nullptr;
    check(sched_consumer_new_workers(&raw, queue.get(), workers));
    return Consumer(raw);
}

inline Task& Task::set_token(std::uint64_t token, const Queue& queue) {
    return done(sched_task_set_token(get(), token, queue.get()));
}

// ---- Scheduler ----

class Scheduler : public Handle<sched_scheduler, sched_free> {
public:
    // A run's function: returning is success, an exception a failure with its text.
    using Function = std::function<void(const Run&)>;
    using Listener = std::function<void(const Event&)>;
    // A custom trigger's: the next time, or nothing if there is none; an exception is a failure with its text.
    using NextTime = std::function<std::optional<Instant>(const Ask&)>;

    Scheduler() noexcept = default;
    explicit Scheduler(const Config& config) : Handle(make(config)) {}
    explicit Scheduler(sched_scheduler* raw) noexcept : Handle(raw) {}

    void start() { check(sched_start(get())); }
    void start_paused() { check(sched_start_paused(get())); }
    void stop(StopMode mode = StopMode::wait) { check(sched_stop(get(), static_cast<sched_stop_mode>(mode))); }
    void wait(Millis timeout = kForever) { check(sched_wait(get(), to_c(timeout))); }
    // Whether it stopped within that time; the time's end is not an error here.
    [[nodiscard]] bool wait_for(Millis timeout) {
        const int status = sched_wait(get(), to_c(timeout));
        if (status != UVSCHED_ETIMEDOUT) check(status);
        return status == UVSCHED_OK;
    }
    void shutdown(Millis timeout = kForever) { check(sched_shutdown(get(), to_c(timeout))); }
    void pause() { check(sched_pause(get())); }
    void resume() { check(sched_resume(get())); }
    [[nodiscard]] State state() const {
        sched_state state = UVSCHED_STATE_STOPPED;
        check(sched_get_state(&state, get()));
        return static_cast<State>(state);
    }
    void add_store(const std::string& alias, const std::string& url) {
        check(sched_add_store(get(), alias.c_str(), url.c_str()));
    }
    void remove_store(const std::string& alias) { check(sched_remove_store(get(), alias.c_str())); }
    void add_executor(const std::string& alias, const std::string& spec) {
        check(sched_add_executor(get(), alias.c_str(), spec.c_str()));
    }
    void remove_executor(const std::string& alias) { check(sched_remove_executor(get(), alias.c_str())); }
    [[nodiscard]] std::string timezone() const {
        const char* const name = sched_timezone(get());
        if (name == nullptr) throw Error(UVSCHED_EHANDLE, sched_last_error());
        return name;
    }
    // Driven by the program's own loop: see sched_poll().
    void poll() { check(sched_poll(get())); }
    [[nodiscard]] int poll_fd() const {
        int fd = -1;
        check(sched_poll_fd(&fd, get()));
        return fd;
    }
    [[nodiscard]] Millis poll_timeout() const {
        int timeout = -1;
        check(sched_poll_timeout(&timeout, get()));
        return Millis(timeout);
    }
    void wait_idle(Millis timeout = kForever) { check(sched_wait_idle(get(), to_c(timeout))); }
    void clock_advance(Micros span) { check(sched_clock_advance(get(), span.count())); }
    void clock_step(Micros change) { check(sched_clock_step(get(), change.count())); }
    [[nodiscard]] Instant clock_now() const {
        std::int64_t now = 0;
        check(sched_clock_now(&now, get()));
        return from_c(now);
    }
    [[nodiscard]] sched_stats stats() const {
        sched_stats stats = UVSCHED_STATS_INIT;
        check(sched_get_stats(&stats, get()));
        return stats;
    }

    void register_function(const std::string& name, sched_run_fn fn, void* user_data = nullptr,
                           sched_destroy_fn destroy = nullptr) {
        check(sched_register_function(get(), name.c_str(), fn, user_data, destroy));
    }
    void register_function(const std::string& name, Function function);
    void register_token(const std::string& name, std::uint64_t token, const Queue& queue) {
        check(sched_register_token(get(), name.c_str(), token, queue.get()));
    }
    void register_trigger(const std::string& name, NextTime next);
    void register_trigger_token(const std::string& name, std::uint64_t token, const Queue& queue) {
        check(sched_register_trigger_token(get(), name.c_str(), token, queue.get()));
    }
    void unregister_trigger(const std::string& name) { check(sched_unregister_trigger(get(), name.c_str())); }
    void unregister_function(const std::string& name) { check(sched_unregister_function(get(), name.c_str())); }

    void add_task(Task& task, OnExisting on_existing = OnExisting::declare) {
        check(sched_add_task(get(), task.get(), static_cast<unsigned>(on_existing)));
    }
    void add_task(Task&& task, OnExisting on_existing = OnExisting::declare) { add_task(task, on_existing); }

    // An empty store: the first that has the id.
    void delete_task(const std::string& id, const std::string& store = {}) {
        check(sched_delete_task(get(), id.c_str(), or_null(store)));
    }
    // An empty store: all of them. Returns how many were there.
    std::int64_t remove_all_tasks(const std::string& store = {}) {
        std::int64_t removed = 0;
        check(sched_remove_all_tasks(&removed, get(), or_null(store)));
        return removed;
    }
    void pause_task(const std::string& id, const std::string& store = {}) {
        check(sched_pause_task(get(), id.c_str(), or_null(store)));
    }
    void resume_task(const std::string& id, const std::string& store = {}) {
        check(sched_resume_task(get(), id.c_str(), or_null(store)));
    }
    void update_task(const std::string& id, const Task& changes, const std::string& store = {}) {
        check(sched_update_task(get(), id.c_str(), or_null(store), changes.get()));
    }
    void run_task(const std::string& id, const std::string& store = {}) {
        check(sched_run_task(get(), id.c_str(), or_null(store)));
    }
    [[nodiscard]] Task get_task(const std::string& id, const std::string& store = {}) {
        sched_task* raw = nullptr;
        check(sched_get_task(&raw, get(), id.c_str(), or_null(store)));
        return Task(raw);
    }
    // At most `limit` times after `after`; by default, from the next run on.
    [[nodiscard]] std::vector<Instant> preview_task_runs(const std::string& id, std::size_t limit,
                                                         Instant after = Instant::min(),
                                                         const std::string& store = {}) {
        std::vector<std::int64_t> times(limit);
        std::size_t count = 0;
        check(sched_preview_task_runs(times.data(), limit, &count, get(), id.c_str(), or_null(store), to_c(after)));
        std::vector<Instant> found(count);
        std::transform(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(count), found.begin(), from_c);
        return found;
    }
    // An empty store: all of them.
    [[nodiscard]] sched_task_counts count_tasks(const std::string& store = {}) {
        sched_task_counts counts = UVSCHED_TASK_COUNTS_INIT;
        check(sched_count_tasks(&counts, get(), or_null(store)));
        return counts;
    }
    // JSON; see sched_check_store(). An empty store: "default".
    [[nodiscard]] std::string check_store(const std::string& store = {}, std::optional<int> watch_ms = {}) {
        const char* out = nullptr;
        check(sched_check_store(&out, get(), or_null(store), watch_ms.value_or(-1)));
        return out;
    }
    [[nodiscard]] TaskIterator get_tasks(const std::string& store = {}) {
        sched_task_iterator* raw = nullptr;
        check(sched_get_tasks(&raw, get(), or_null(store)));
        return TaskIterator(raw);
    }
    [[nodiscard]] HistoryIterator history(const HistoryQuery& query = {}) {
        sched_history_query chosen = UVSCHED_HISTORY_QUERY_INIT;
        chosen.task_id = or_null(query.task_id);
        chosen.store = or_null(query.store);
        chosen.state = or_null(query.state);
        chosen.before = query.before;
        chosen.limit = query.limit;
        sched_history_iterator* raw = nullptr;
        check(sched_history(&raw, get(), &chosen));
        return HistoryIterator(raw);
    }

    // Returns the number for remove_listener(). What a listener throws is swallowed.
    std::uint64_t add_listener(std::uint64_t mask, sched_event_fn callback, void* user_data = nullptr,
                               sched_destroy_fn destroy = nullptr) {
        std::uint64_t listener = 0;
        check(sched_add_listener(&listener, get(), mask, callback, user_data, destroy));
        return listener;
    }
    std::uint64_t add_listener(std::uint64_t mask, Listener listener);
    void remove_listener(std::uint64_t listener) { check(sched_remove_listener(get(), listener)); }

    [[nodiscard]] Queue get_queue(const std::string& executor) {
        sched_queue* raw = nullptr;
        check(sched_get_queue(&raw, get(), executor.c_str()));
        return Queue(raw);
    }

private:
    static sched_scheduler* make(const Config& config) {
        sched_scheduler* raw = nullptr;
        check(sched_new(&raw, config.get()));
        return raw;
    }
    static const char* or_null(const std::string& text) noexcept { return text.empty() ? nullptr : text.c_str(); }
    template <class T>
    static void delete_as(void* object) {
        delete static_cast<T*>(object);
    }
};

inline void Scheduler::register_function(const std::string& name, Function function) {
    const auto call = [](const sched_run* raw, void* object) -> int {
        const Run run(raw);
        try {
            (*static_cast<Function*>(object))(run);
            return 0;
        } catch (const std::exception& error) {
            const char* const what = error.what();
            static_cast<void>(sched_run_set_error(raw, what, std::char_traits<char>::length(what)));
        } catch (...) {
            static_cast<void>(sched_run_set_error(raw, "unknown exception", 17));
        }
        return 1;
    };
    auto object = std::make_unique<Function>(std::move(function));
    register_function(name, call, object.get(), delete_as<Function>);
    static_cast<void>(object.release());
}

inline void Scheduler::register_trigger(const std::string& name, NextTime next) {
    const auto call = [](std::int64_t* time, const sched_ask* raw, void* object) -> int {
        try {
            const std::optional<Instant> found = (*static_cast<NextTime*>(object))(Ask(raw));
            if (found) *time = to_c(*found);
            return found ? UVSCHED_TRIGGER_TIME : UVSCHED_TRIGGER_NEVER;
        } catch (const std::exception& error) {
            const char* const what = error.what();
            static_cast<void>(sched_ask_set_error(raw, what, std::char_traits<char>::length(what)));
        } catch (...) {
            static_cast<void>(sched_ask_set_error(raw, "unknown exception", 17));
        }
        return UVSCHED_TRIGGER_FAILED;
    };
    auto object = std::make_unique<NextTime>(std::move(next));
    const sched_trigger_table table{sizeof table, call};
    check(sched_register_trigger(get(), name.c_str(), &table, object.get(), delete_as<NextTime>));
    static_cast<void>(object.release());
}

inline std::uint64_t Scheduler::add_listener(std::uint64_t mask, Listener listener) {
    const auto call = [](const sched_event* raw, void* object) {
        try {
            (*static_cast<Listener*>(object))(Event(raw));
        } catch (...) {  // there is nobody to tell: the scheduler's thread must go on
        }
    };
    auto object = std::make_unique<Listener>(std::move(listener));
    const std::uint64_t number = add_listener(mask, call, object.get(), delete_as<Listener>);
    static_cast<void>(object.release());
    return number;
}

}  // namespace sched
