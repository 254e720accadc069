#include "core/node/beat_thread.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "core/platform/descriptors.hpp"
#include "core/platform/native_thread.hpp"

namespace uvsched {

BeatThread::BeatThread(Heartbeat& heartbeat)
    : heartbeat_(heartbeat), waker_("a store that other processes use needs a descriptor for its heartbeat") {
    thread_ = start_native_thread("uvsched-beat", [this] { work(); });
}

BeatThread::~BeatThread() {
    ending_ = true;
    waker_.wake();
    thread_.join();
}

void BeatThread::work() noexcept {
    while (!ending_) {
        waker_.clear();
        const Heartbeat::Rest rest = heartbeat_.pump();
        std::optional<std::chrono::milliseconds> span;
        if (rest.until != kLatest) {
            const Micros left = std::max<Micros>(0, saturating_sub(rest.until, heartbeat_.now()));
            span = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::microseconds(left));
        }
        wait_readable(waker_.descriptor(), rest.descriptor, span);
    }
}

}  // namespace uvsched
