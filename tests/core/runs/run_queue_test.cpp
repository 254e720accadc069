#include "core/executors/run_queue.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <thread>

#include "core/base/error.hpp"

using namespace uvsched;

TEST_CASE("run queue: a consumer that is detached while it waits takes nothing any more") {
    for (int round = 0; round < 50; ++round) {
        const std::shared_ptr<RunQueue> queue = make_run_queue();
        const ConsumerId first = queue->attach(1);
        std::atomic<bool> begun{false};
        std::size_t taken = 0;
        std::thread waiting([&] {
            std::array<QueueItem, 4> items;
            begun = true;
            try {
                taken = queue->take(first, items, std::nullopt);
            } catch (const Error& error) {  // it was detached before it waited
                CHECK(error.code() == Code::bad_handle);
            }
        });
        while (!begun) std::this_thread::yield();
        queue->detach(first);
        const ConsumerId second = queue->attach(1);
        queue->push_release(7);
        std::array<QueueItem, 4> items;
        REQUIRE(queue->take(second, items, std::nullopt) == 1);
        CHECK(items[0].token == 7);
        waiting.join();
        CHECK(taken == 0);
        queue->detach(second);
    }
}
