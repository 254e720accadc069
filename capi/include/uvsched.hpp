// uvsched.hpp - uvsched.h for C++17: the same calls, with handles that free themselves and exceptions instead of codes.
//
// Header-only, over uvsched.h alone; docs/c-api.md has examples. What a call does, whether it waits, and which thread
// may make it is said in uvsched.h, once: members here have the C function's name without its prefix.
//
//   - A failing call throws sched::Error with the code and the text.
//   - Handle classes are move-only owners. get() is the C handle; a moved-from object's calls throw UVSCHED_EHANDLE.
//   - Run, Event, Item are borrowed views: valid as long as the C pointer is.
//   - Instants and spans are microseconds (std::int64_t), timeouts milliseconds (int, kForever).
#pragma once

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

using Instant = std::int64_t;  // microseconds since 1970-01-01T00:00:00Z
using Micros = std::int64_t;   // a span

inline constexpr int kForever = -1;
inline constexpr Micros kSecond = 1'000'000;

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
        char buffer[33];
        return sched_run_fire_id(raw_, buffer);
    }
    [[nodiscard]] Instant scheduled_time() const noexcept { return sched_run_scheduled_time(raw_); }
    [[nodiscard]] Instant first_time() const noexcept { return sched_run_first_time(raw_); }
    [[nodiscard]] std::int64_t folded() const noexcept { return sched_run_folded(raw_); }
    [[nodiscard]] bool exact() const noexcept { return sched_run_exact(raw_) != 0; }
    [[nodiscard]] int attempt() const noexcept { return sched_run_attempt(raw_); }
    [[nodiscard]] bool cancelled() const noexcept { return sched_run_cancelled(raw_) != 0; }

    void set_result(const std::string& json) const { check(sched_run_set_result(raw_, json.data(), json.size())); }
    void set_error(const std::string& text) const { check(sched_run_set_error(raw_, text.data(), text.size())); }

private:
    const sched_run* raw_;
};

// What a custom trigger's function is asked: borrowed, as sched_ask is.
class Ask {
public:
    explicit Ask(const sched_ask* raw) noexcept : raw_(raw) {}
    [[nodiscard]] const sched_ask* get() const noexcept { return raw_; }

    [[nodiscard]] std::uint64_t id() const noexcept { return sched_ask_id(raw_); }
    [[nodiscard]] const char* task_id() const noexcept { return sched_ask_task_id(raw_); }
    [[nodiscard]] const char* trigger() const noexcept { return sched_ask_trigger(raw_); }
    [[nodiscard]] const char* arguments() const noexcept { return sched_ask_arguments(raw_); }
    [[nodiscard]] const char* timezone() const noexcept { return sched_ask_timezone(raw_); }
    // The last time that it gave; nothing when the first is asked for.
    [[nodiscard]] std::optional<Instant> previous() const noexcept {
        const Instant time = sched_ask_previous(raw_);
        return time == INT64_MIN ? std::nullopt : std::optional(time);
    }
    [[nodiscard]] Instant now() const noexcept { return sched_ask_now(raw_); }

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
    [[nodiscard]] Instant time() const noexcept { return sched_event_time(raw_); }
    [[nodiscard]] const char* alias() const noexcept { return sched_event_alias(raw_); }
    [[nodiscard]] const char* task_id() const noexcept { return sched_event_task_id(raw_); }
    [[nodiscard]] const char* fire_id() const noexcept { return sched_event_fire_id(raw_); }
    [[nodiscard]] Instant scheduled_time() const noexcept { return sched_event_scheduled_time(raw_); }
    [[nodiscard]] Instant first_time() const noexcept { return sched_event_first_time(raw_); }
    [[nodiscard]] std::int64_t count() const noexcept { return sched_event_count(raw_); }
    [[nodiscard]] bool exact() const noexcept { return sched_event_exact(raw_) != 0; }
    [[nodiscard]] const char* reason() const noexcept { return sched_event_reason(raw_); }
    [[nodiscard]] int attempt() const noexcept { return sched_event_attempt(raw_); }
    [[nodiscard]] Micros duration() const noexcept { return sched_event_duration(raw_); }
    [[nodiscard]] const char* result() const noexcept { return sched_event_result(raw_); }
    [[nodiscard]] const char* message() const noexcept { return sched_event_message(raw_); }

private:
    const sched_event* raw_;
};

// A row of history, copied. Members as sched_history_row's.
struct HistoryRow {
    explicit HistoryRow(const sched_history_row& row)
        : seq(row.seq),
          task_id(row.task_id),
          fire_id(row.fire_id),
          kind(row.kind),
          state(row.state),
          reason(row.reason),
          owner(row.owner),
          result(row.result),
          error(row.error),
          late_result(row.late_result),
          first(row.first),
          last(row.last),
          folded(row.folded),
          claimed_at(row.claimed_at),
          started_at(row.started_at),
          finished_at(row.finished_at),
          exact(row.exact != 0),
          attempt(row.attempt),
          crashes(row.crashes) {}

    std::int64_t seq;
    std::string task_id;
    std::string fire_id;
    std::string kind;
    std::string state;
    std::string reason;
    std::string owner;
    std::string result;
    std::string error;
    std::string late_result;
    Instant first;
    Instant last;
    std::int64_t folded;
    Instant claimed_at;
    Instant started_at;
    Instant finished_at;
    bool exact;
    int attempt;
    int crashes;
};

// Which rows of history; what is empty does not choose.
struct HistoryQuery {
    std::string task_id;
    std::string state;
    std::int64_t before = INT64_MAX;
    std::size_t limit = 100;
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

    Config& add_store(const std::string& alias, const std::string& url) {
        return done(sched_config_add_store(get(), alias.c_str(), url.c_str()));
    }
    Config& add_executor(const std::string& alias, const std::string& spec) {
        return done(sched_config_add_executor(get(), alias.c_str(), spec.c_str()));
    }
    Config& set_timezone(const std::string& name) { return done(sched_config_set_timezone(get(), name.c_str())); }
    Config& set_identity(const std::string& name) { return done(sched_config_set_identity(get(), name.c_str())); }
    Config& set_grace_time(Micros span) { return done(sched_config_set_grace_time(get(), span)); }
    Config& set_coalesce(bool coalesce) { return done(sched_config_set_coalesce(get(), coalesce ? 1 : 0)); }
    Config& set_max_instances(int number) { return done(sched_config_set_max_instances(get(), number)); }
    Config& set_max_catch_up(int number) { return done(sched_config_set_max_catch_up(get(), number)); }
    Config& set_retention(const std::string& store, Micros age, std::int64_t rows_per_task) {
        return done(sched_config_set_retention(get(), store.c_str(), age, rows_per_task));
    }
    Config& set_manual_clock(Instant start) { return done(sched_config_set_manual_clock(get(), start)); }

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

// An empty zone: as NULL in C.
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

    // The first after, the last before; nothing when there is none.
    [[nodiscard]] std::optional<sched_time> next(Instant after) const { return one(next(after, 1)); }
    [[nodiscard]] std::optional<sched_time> previous(Instant before) const { return one(previous(before, 1)); }
    // At most `limit` of them: oldest first, newest first.
    [[nodiscard]] std::vector<sched_time> next(Instant after, std::size_t limit) const {
        return list(sched_trigger_next, after, limit);
    }
    [[nodiscard]] std::vector<sched_time> previous(Instant before, std::size_t limit) const {
        return list(sched_trigger_previous, before, limit);
    }
    [[nodiscard]] sched_offset offset(Instant instant) const {
        sched_offset offset{};
        check(sched_trigger_offset(get(), instant, &offset));
        return offset;
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
    static std::optional<sched_time> one(const std::vector<sched_time>& times) {
        return times.empty() ? std::nullopt : std::optional(times.front());
    }
    template <class Call>
    [[nodiscard]] std::vector<sched_time> list(Call&& call, Instant from, std::size_t limit) const {
        std::vector<sched_time> times(limit);
        std::size_t count = 0;
        check(call(get(), from, times.data(), limit, &count));
        times.resize(count);
        return times;
    }
};

// ---- Tasks ----

class Queue;

class Task : public Handle<sched_task, sched_task_free> {
public:
    explicit Task(const std::string& function) : Handle(make(function.c_str())) {}
    explicit Task(sched_task* raw) noexcept : Handle(raw) {}
    // A description of changes, for Scheduler::change_task().
    static Task changes() { return Task(make(nullptr)); }

    Task& set_function(const std::string& name) { return done(sched_task_set_function(get(), name.c_str())); }
    Task& set_id(const std::string& id) { return done(sched_task_set_id(get(), id.c_str())); }
    Task& set_name(const std::string& name) { return done(sched_task_set_name(get(), name.c_str())); }
    Task& set_store(const std::string& alias) { return done(sched_task_set_store(get(), alias.c_str())); }
    Task& set_executor(const std::string& alias) { return done(sched_task_set_executor(get(), alias.c_str())); }
    Task& set_arguments(const std::string& json) { return done(sched_task_set_arguments(get(), json.c_str())); }
    Task& set_no_arguments() { return done(sched_task_set_arguments(get(), nullptr)); }
    Task& set_date(Instant instant) { return done(sched_task_set_date(get(), instant)); }
    Task& set_interval(Micros span) { return done(sched_task_set_interval(get(), span)); }
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
    Task& set_start_at(Instant instant) { return done(sched_task_set_start_at(get(), instant)); }
    Task& set_end_at(Instant instant) { return done(sched_task_set_end_at(get(), instant)); }
    Task& set_jitter(Micros span) { return done(sched_task_set_jitter(get(), span)); }
    Task& set_timezone(const std::string& name) { return done(sched_task_set_timezone(get(), name.c_str())); }
    Task& set_grace_time(Micros span) { return done(sched_task_set_grace_time(get(), span)); }
    Task& set_coalesce(bool coalesce) { return done(sched_task_set_coalesce(get(), coalesce ? 1 : 0)); }
    Task& set_max_instances(int number) { return done(sched_task_set_max_instances(get(), number)); }
    Task& set_max_catch_up(int number) { return done(sched_task_set_max_catch_up(get(), number)); }
    Task& set_on_crash(int on_crash) { return done(sched_task_set_on_crash(get(), on_crash)); }
    Task& set_max_crashes(int number) { return done(sched_task_set_max_crashes(get(), number)); }
    Task& set_next_run_time(Instant instant) { return done(sched_task_set_next_run_time(get(), instant)); }
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
    [[nodiscard]] sched_task_info info() const {
        sched_task_info info{};
        info.size = sizeof info;
        check(sched_task_get_info(get(), &info));
        return info;
    }
    // Nothing when paused, finished, or never.
    [[nodiscard]] std::optional<Instant> next_run() const {
        const Instant next = info().next_run;
        return next == INT64_MAX ? std::nullopt : std::optional(next);
    }

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

// The tasks of a store, or of all; for (Iterator tasks = …; std::optional<Task> task = tasks.next();) …
class Iterator : public Handle<sched_iterator, sched_iterator_free> {
public:
    explicit Iterator(sched_iterator* raw) noexcept : Handle(raw) {}
    [[nodiscard]] std::optional<Task> next() {
        sched_task* raw = nullptr;
        const int code = sched_iterator_next(get(), &raw);
        if (code == UVSCHED_ENOTFOUND) return std::nullopt;
        check(code);
        return Task(raw);
    }
};

// ---- Run queues ----

// One end of a run, for Queue::finish(). The texts must live until that returns.
struct Result : sched_result {
    explicit Result(std::uint64_t run, int how = UVSCHED_RUN_DONE) noexcept : sched_result{} {
        run_id = run;
        status = how;
    }
    Result& set_result(const std::string& json) noexcept {
        result = json.data();
        result_length = json.size();
        return *this;
    }
    Result& set_error(const std::string& text) noexcept {
        error = text.data();
        error_length = text.size();
        return *this;
    }
};

class Consumer : public Handle<sched_consumer, sched_queue_detach> {
public:
    Consumer() noexcept = default;
    explicit Consumer(sched_consumer* raw) noexcept : Handle(raw) {}

    // How many of `items` were filled.
    std::size_t take(sched_item* items, std::size_t capacity, int timeout_ms) {
        std::size_t count = 0;
        check(sched_queue_take(get(), items, capacity, timeout_ms, &count));
        return count;
    }
    [[nodiscard]] std::vector<sched_item> take(std::size_t capacity, int timeout_ms) {
        std::vector<sched_item> items(capacity);
        items.resize(take(items.data(), capacity, timeout_ms));
        return items;
    }
    void detach() { check(sched_queue_detach(release())); }
};

class Queue : public Handle<sched_queue, sched_queue_free> {
public:
    Queue() noexcept = default;
    explicit Queue(sched_queue* raw) noexcept : Handle(raw) {}

    [[nodiscard]] Consumer attach(std::size_t room) const {
        sched_consumer* raw = nullptr;
        check(sched_queue_attach(get(), room, &raw));
        return Consumer(raw);
    }
    void wake() const { check(sched_queue_wake(get())); }
    [[nodiscard]] int fd() const {
        int fd = -1;
        check(sched_queue_fd(get(), &fd));
        return fd;
    }
    void subscribe(std::uint64_t mask) const { check(sched_queue_subscribe(get(), mask)); }
    void finish(const sched_result* results, std::size_t count) const {
        check(sched_queue_finish(get(), results, count));
    }
    void finish(const sched_result& result) const { finish(&result, 1); }
    void answer(const sched_answer& answer) const { check(sched_queue_answer(get(), &answer, 1)); }
};

inline Task& Task::set_token(std::uint64_t token, const Queue& queue) {
    return done(sched_task_set_token(get(), token, queue.get()));
}

// ---- Scheduler ----

class Scheduler : public Handle<sched_scheduler, sched_free> {
public:
    // A run's function: returning is success, an exception a failure with its text.
    using Function = std::function<void(const Run&)>;
    using Listener = std::function<void(const Event&)>;
    // A custom trigger's: the next time, or nothing where there is none; an exception is a failure with its text.
    using NextTime = std::function<std::optional<Instant>(const Ask&)>;

    Scheduler() noexcept = default;
    explicit Scheduler(const Config& config) : Handle(make(config)) {}
    explicit Scheduler(sched_scheduler* raw) noexcept : Handle(raw) {}

    void start() { check(sched_start(get())); }
    void start_paused() { check(sched_start_paused(get())); }
    void stop(int mode = UVSCHED_STOP_WAIT) { check(sched_stop(get(), mode)); }
    void wait(int timeout_ms = kForever) { check(sched_wait(get(), timeout_ms)); }
    void shutdown(int timeout_ms = kForever) { check(sched_shutdown(get(), timeout_ms)); }
    void pause() { check(sched_pause(get())); }
    void resume() { check(sched_resume(get())); }
    [[nodiscard]] int state() const {
        int state = UVSCHED_STATE_STOPPED;
        check(sched_state(get(), &state));
        return state;
    }
    void wait_idle(int timeout_ms = kForever) { check(sched_wait_idle(get(), timeout_ms)); }
    void clock_advance(Micros span) { check(sched_clock_advance(get(), span)); }
    void clock_step(Micros change) { check(sched_clock_step(get(), change)); }
    [[nodiscard]] Instant clock_now() const {
        Instant now = 0;
        check(sched_clock_now(get(), &now));
        return now;
    }
    [[nodiscard]] sched_stats stats() const {
        sched_stats stats{};
        stats.size = sizeof stats;
        check(sched_get_stats(get(), &stats));
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

    void add_task(Task& task, unsigned flags = 0) { check(sched_add_task(get(), task.get(), flags)); }
    void add_task(Task&& task, unsigned flags = 0) { add_task(task, flags); }

    // An empty store: the first that has the id.
    void remove_task(const std::string& id, const std::string& store = {}) {
        check(sched_remove_task(get(), or_null(store), id.c_str()));
    }
    // An empty store: all of them. Returns how many were there.
    std::int64_t remove_all_tasks(const std::string& store = {}) {
        std::int64_t removed = 0;
        check(sched_remove_all_tasks(get(), or_null(store), &removed));
        return removed;
    }
    void pause_task(const std::string& id, const std::string& store = {}) {
        check(sched_pause_task(get(), or_null(store), id.c_str()));
    }
    void resume_task(const std::string& id, const std::string& store = {}) {
        check(sched_resume_task(get(), or_null(store), id.c_str()));
    }
    void change_task(const std::string& id, const Task& changes, const std::string& store = {}) {
        check(sched_change_task(get(), or_null(store), id.c_str(), changes.get()));
    }
    void run_task(const std::string& id, const std::string& store = {}) {
        check(sched_run_task(get(), or_null(store), id.c_str()));
    }
    [[nodiscard]] Task get_task(const std::string& id, const std::string& store = {}) {
        sched_task* raw = nullptr;
        check(sched_get_task(get(), &raw, or_null(store), id.c_str()));
        return Task(raw);
    }
    // At most `limit` times after `after`; INT64_MIN: from the next run on.
    [[nodiscard]] std::vector<Instant> preview_task(const std::string& id, std::size_t limit, Instant after = INT64_MIN,
                                                    const std::string& store = {}) {
        std::vector<Instant> times(limit);
        std::size_t count = 0;
        check(sched_preview_task(get(), or_null(store), id.c_str(), after, times.data(), limit, &count));
        times.resize(count);
        return times;
    }
    [[nodiscard]] Iterator list_tasks(const std::string& store = {}) {
        sched_iterator* raw = nullptr;
        check(sched_list_tasks(get(), &raw, or_null(store)));
        return Iterator(raw);
    }
    // An empty store: "default".
    [[nodiscard]] std::vector<HistoryRow> query_history(const HistoryQuery& query, const std::string& store = {});

    // Returns the number for remove_listener(). What a listener throws is swallowed.
    std::uint64_t add_listener(std::uint64_t mask, sched_event_fn callback, void* user_data = nullptr,
                               sched_destroy_fn destroy = nullptr) {
        std::uint64_t listener = 0;
        check(sched_add_listener(get(), mask, callback, user_data, destroy, &listener));
        return listener;
    }
    std::uint64_t add_listener(std::uint64_t mask, Listener listener);
    void remove_listener(std::uint64_t listener) { check(sched_remove_listener(get(), listener)); }

    [[nodiscard]] Queue queue(const std::string& executor) {
        sched_queue* raw = nullptr;
        check(sched_queue_get(get(), &raw, executor.c_str()));
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
    const auto call = [](const sched_ask* raw, std::int64_t* time, void* object) -> int {
        try {
            const std::optional<Instant> found = (*static_cast<NextTime*>(object))(Ask(raw));
            if (found) *time = *found;
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

inline std::vector<HistoryRow> Scheduler::query_history(const HistoryQuery& query, const std::string& store) {
    struct Rows {
        std::vector<HistoryRow> rows;
        std::exception_ptr fault;
    } found;
    const auto keep = [](const sched_history_row* row, void* object) {
        auto& into = *static_cast<Rows*>(object);
        try {
            if (!into.fault) into.rows.emplace_back(*row);
        } catch (...) {
            into.fault = std::current_exception();
        }
    };
    check(sched_query_history(get(), or_null(store), or_null(query.task_id), or_null(query.state), query.before,
                              query.limit, keep, &found));
    if (found.fault) std::rethrow_exception(found.fault);
    return std::move(found.rows);
}

}  // namespace sched
