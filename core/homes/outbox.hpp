// Outbox: requests on their way to a durable store. They stay here until there is memory to post them, and count as
// unflushed until the store has answered. Guarded by the engine's mutex.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/memory.hpp"
#include "core/ledger/batch.hpp"
#include "core/model/task.hpp"
#include "core/node/store_request.hpp"

namespace uvsched {

// A run that ended, for its event. Its result and its error are in its finish.
struct Ended {
    std::shared_ptr<const Definition> definition;
    Instant claimed_at = 0;
    Instant scheduled = 0;  // wall times
    Instant first = 0;
    std::int64_t folded = 1;
    bool exact = true;
    std::int32_t attempt = 1;
    std::uint64_t store_hash = 0;  // of the store that it was claimed from
    std::size_t finish = 0;        // its place among the finishes of its request
};

class Outbox {
public:
    // The owner's functions for the replies. They are called on the store's thread, with no lock held.
    struct Replies {
        // The starts, of these runs in this order, are answered. If it throws bad_alloc, it is called again later.
        std::function<void(const StoreReply& reply, const std::vector<std::uint64_t>& runs)> gated;
        // All of it is answered; these ends, some of its finishes, are to be told.
        std::function<void(StoreReply&& reply, std::vector<Ended>&& ends)> answered;
    };
    // `post` may throw bad_alloc; the request is unchanged then.
    Outbox(std::function<void(StoreRequest&&)> post, Replies replies)
        : post_(std::move(post)), replies_(std::move(replies)) {}

    // So many more runs are on their way: start() cannot fail for any of them. Each calls start() or unstarted() once.
    void expect_starts(std::size_t runs) {
        reserve_more(starts_, expected_ + runs);
        reserve_more(starting_, expected_ + runs);
        expected_ += runs;
    }
    void unstarted() noexcept { --expected_; }
    // The next `fires` calls of release() cannot fail.
    void reserve_releases(std::size_t fires) { reserve_more(releases_, fires); }
    // The next finish() cannot fail.
    void reserve_finish() {
        reserve_more(finishes_, 1);
        reserve_more(ends_, 1);
    }

    void finish(Finish&& finish) noexcept { finishes_.push_back(std::move(finish)); }
    // The end is to be told once the store has answered.
    void finish(Finish&& finish, Ended&& end) noexcept {
        end.finish = finishes_.size();
        ends_.push_back(std::move(end));
        finishes_.push_back(std::move(finish));
    }
    void release(const Release& release) { releases_.push_back(release); }
    // The turn of a run has come.
    void start(const Start& start, std::uint64_t run) noexcept {
        starts_.push_back(start);
        starting_.push_back(run);
        --expected_;
    }

    // Posts all of it as one request. Throws bad_alloc; all of it stays then.
    void flush();

    [[nodiscard]] bool empty() const noexcept { return finishes_.empty() && releases_.empty() && starts_.empty(); }
    [[nodiscard]] const std::vector<Finish>& finishes() const noexcept { return finishes_; }
    [[nodiscard]] const std::vector<Release>& releases() const noexcept { return releases_; }

    // Whether posted requests wait for their answers.
    [[nodiscard]] bool unflushed() const noexcept { return unflushed_ > 0; }
    void posted() noexcept { ++unflushed_; }
    void answered() noexcept { --unflushed_; }

private:
    const std::function<void(StoreRequest&&)> post_;
    const Replies replies_;
    std::vector<Finish> finishes_;
    std::vector<Ended> ends_;  // some of the finishes
    std::vector<Release> releases_;
    std::vector<Start> starts_;
    std::vector<std::uint64_t> starting_;  // the runs of starts_
    std::size_t expected_ = 0;             // starts that are to come; starts_ and starting_ have room for them
    std::int64_t unflushed_ = 0;
};

}  // namespace uvsched
