#include "core/node/store_inline.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace uvsched {
namespace {

constexpr auto kAgain = std::chrono::milliseconds(1);

}  // namespace

// One thread's time with the node.
class StoreInline::Turn {
public:
    explicit Turn(StoreInline& store) : store_(store), lock_(store.mutex_) {
        store_.owner_ = std::this_thread::get_id();
    }
    ~Turn() { store_.owner_ = std::thread::id(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    StoreInline& store_;
    std::lock_guard<std::mutex> lock_;
};

StoreInline::StoreInline(std::unique_ptr<Store> store, StoreHooks hooks, std::function<Time()> now,
                         std::function<void()> wake)
    : node_(std::move(store), std::move(hooks), {.node = wake, .heartbeat = wake, .watched = false}),
      now_(std::move(now)) {}

StoreInline::~StoreInline() { node_.store().close(); }

StoreNode::Time StoreInline::pump() noexcept {
    if (inside()) return now_();
    const Turn turn(*this);
    teller_.reset();
    if (node_.closed()) return StoreNode::kWithMail;
    Heartbeat::Rest rest = node_.heartbeat().pump();
    teller_ = std::move(rest.membership);
    const Micros next_beat = rest.until;
    const Time until = node_.pump(now_());
    if (node_.closed()) teller_.reset();
    if (next_beat == kLatest) return until;
    return std::min(until, now_() + std::chrono::microseconds(next_beat - node_.heartbeat().now()));
}

Joined StoreInline::open(const OpenRequest& request) {
    try {
        const Turn turn(*this);
        node_.begin();
        return node_.open(request);
    } catch (...) {
        close();
        throw;
    }
}

void StoreInline::close() {
    node_.end();
    const Turn turn(*this);
    pump_until([this] { return node_.closed(); });
    teller_.reset();
}

void StoreInline::read(const std::function<void(Store&)>& job) {
    if (inside()) return job(node_.store());
    const Turn turn(*this);
    bool done = false;
    std::exception_ptr error;
    node_.post([&](Store& store) {
        try {
            job(store);
        } catch (...) {
            error = std::current_exception();
        }
        done = true;
    });
    pump_until([&] { return done; });
    if (error) std::rethrow_exception(error);
}

Batch StoreInline::apply(Batch batch) {
    if (inside()) {
        node_.store().apply(batch);
        return batch;
    }
    const Turn turn(*this);
    std::optional<StoreReply> answer;
    node_.post({.batch = std::move(batch), .looks = {}, .retry = false, .done = [&](StoreReply&& reply) {
                    answer = std::move(reply);
                }});
    pump_until([&] { return answer.has_value(); });
    if (answer->error) throw Error(*answer->error);
    return std::move(answer->batch);
}

// Once is enough, unless memory is lacking.
template <class Done>
void StoreInline::pump_until(Done&& done) {
    while (true) {
        node_.skip_pause();
        node_.pump(now_());
        if (done()) return;
        std::this_thread::sleep_for(kAgain);
    }
}

}  // namespace uvsched
