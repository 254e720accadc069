// The requests behind the engine's methods: one for each call of the C ABI that may wait for a store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine.hpp"
#include "records.hpp"
#include "request.hpp"

namespace uvsched::python {

// Text that may be missing.
class Text {
public:
    explicit Text(const char* text) : given_(text != nullptr), text_(given_ ? text : "") {}
    [[nodiscard]] const char* get() const noexcept { return given_ ? text_.c_str() : nullptr; }

private:
    bool given_;
    std::string text_;
};

// A start whose caller was interrupted is undone when it has succeeded.
class StartRequest final : public Request {
public:
    StartRequest(const Engine& engine, bool paused) : handle_(engine.handle()), paused_(paused) {}
    void abandoned() noexcept override { (void)sched_stop(handle_, UVSCHED_STOP_CANCEL); }

private:
    int call() noexcept override { return paused_ ? sched_start_paused(handle_) : sched_start(handle_); }

    sched_scheduler* handle_;
    bool paused_;
};

// A call about a store, or about all of them (nullptr), and about a task.
class StoreRequest : public Request {
public:
    StoreRequest(const Engine& engine, const char* id, const char* store)
        : handle_(engine.handle()), id_(id), store_(store) {}

protected:
    [[nodiscard]] sched_scheduler* handle() const noexcept { return handle_; }
    [[nodiscard]] const char* store() const noexcept { return store_.get(); }
    [[nodiscard]] const char* id() const noexcept { return id_.get(); }

private:
    sched_scheduler* handle_;
    Text id_;
    Text store_;
};

class CheckRequest final : public StoreRequest {
public:
    CheckRequest(const Engine& engine, const char* store, int watch_ms)
        : StoreRequest(engine, nullptr, store), watch_ms_(watch_ms) {}
    std::string report;

private:
    int call() noexcept override;

    int watch_ms_;
};

// delete, pause, resume, run.
template <auto Call>
class TaskRequest final : public StoreRequest {
public:
    using StoreRequest::StoreRequest;

private:
    int call() noexcept override { return Call(handle(), id(), store()); }
};

// Adds a task, or updates one; the description is the request's own from then on.
class DraftRequest : public StoreRequest {
public:
    DraftRequest(const Engine& engine, const char* id, const char* store, sched_task*& draft)
        : StoreRequest(engine, id, store), draft_(std::exchange(draft, nullptr)) {}
    ~DraftRequest() override { sched_task_free(draft_); }
    [[nodiscard]] sched_task* draft() const noexcept { return draft_; }

private:
    sched_task* draft_;
};

class AddRequest final : public DraftRequest {
public:
    AddRequest(const Engine& engine, const char* store, sched_task*& draft, unsigned flags)
        : DraftRequest(engine, nullptr, store, draft), flags_(flags) {}

private:
    int call() noexcept override { return sched_add_task(handle(), draft(), flags_); }

    unsigned flags_;
};

class UpdateRequest final : public DraftRequest {
public:
    using DraftRequest::DraftRequest;

private:
    int call() noexcept override { return sched_update_task(handle(), id(), store(), draft()); }
};

class RemoveAllRequest final : public StoreRequest {
public:
    RemoveAllRequest(const Engine& engine, const char* store) : StoreRequest(engine, nullptr, store) {}
    std::int64_t removed = 0;

private:
    int call() noexcept override { return sched_remove_all_tasks(&removed, handle(), store()); }
};

class GetRequest final : public StoreRequest {
public:
    using StoreRequest::StoreRequest;
    ~GetRequest() override { sched_task_free(task); }
    sched_task* task = nullptr;

private:
    int call() noexcept override { return sched_get_task(&task, handle(), id(), store()); }
};

class ListRequest final : public StoreRequest {
public:
    ListRequest(const Engine& engine, const char* store) : StoreRequest(engine, nullptr, store) {}
    ~ListRequest() override;
    std::vector<sched_task*> tasks;

private:
    int call() noexcept override;
};

class CountRequest final : public StoreRequest {
public:
    CountRequest(const Engine& engine, const char* store) : StoreRequest(engine, nullptr, store) {}
    sched_task_counts counts = UVSCHED_TASK_COUNTS_INIT;

private:
    int call() noexcept override { return sched_count_tasks(&counts, handle(), store()); }
};

class PreviewRequest final : public StoreRequest {
public:
    PreviewRequest(const Engine& engine, const char* id, const char* store, std::int64_t after, std::size_t most)
        : StoreRequest(engine, id, store), times(most), after_(after) {}
    std::vector<std::int64_t> times;
    std::size_t found = 0;

private:
    int call() noexcept override {
        return sched_preview_task_runs(times.data(), times.size(), &found, handle(), id(), store(), after_);
    }

    std::int64_t after_;
};

class HistoryRequest final : public StoreRequest {
public:
    HistoryRequest(const Engine& engine, const char* id, const char* store, const char* state, std::int64_t before,
                   std::int64_t limit)
        : StoreRequest(engine, id, store), state_(state), before_(before), limit_(limit) {}
    std::vector<sched::HistoryRow> rows;

private:
    int call() noexcept override;

    Text state_;
    std::int64_t before_;
    std::int64_t limit_;
};

}  // namespace uvsched::python
