#include "core/homes/outbox.hpp"

#include <memory>
#include <new>
#include <utility>

namespace uvsched {
namespace {

// What belongs to the answer of a request.
struct Sent {
    std::vector<std::uint64_t> starting;
    std::vector<Ended> ends;
};

}  // namespace

// starts_ and starting_ are copied, so that they keep their room.
void Outbox::flush() {
    if (empty()) return;
    const auto sent = std::make_shared<Sent>();
    StoreRequest request;
    request.retry = true;
    request.done = [this, sent](StoreReply&& reply) {
        if (!sent->starting.empty()) replies_.gated(reply, sent->starting);
        sent->starting.clear();
        replies_.answered(std::move(reply), std::move(sent->ends));
    };
    request.batch.starts = starts_;
    sent->starting = starting_;
    request.batch.finishes.swap(finishes_);
    request.batch.releases.swap(releases_);
    sent->ends.swap(ends_);
    try {
        post_(std::move(request));
    } catch (const std::bad_alloc&) {
        request.batch.finishes.swap(finishes_);
        request.batch.releases.swap(releases_);
        sent->ends.swap(ends_);
        throw;
    }
    starts_.clear();
    starting_.clear();
    posted();
}

}  // namespace uvsched
