#include "core/homes/outbox.hpp"

#include <doctest/doctest.h>

#include <new>

using namespace uvsched;

namespace {

struct Posted {
    std::vector<StoreRequest> requests;
    bool lacks = false;
    std::vector<Ended> told;
    int answered = 0;
    std::vector<std::uint64_t> gated;
    Outbox box{[this](StoreRequest&& request) {
                   if (lacks) throw std::bad_alloc();
                   requests.push_back(std::move(request));
               },
               {.gated = [this](const StoreReply&, const std::vector<std::uint64_t>& runs) { gated = runs; },
                .answered =
                    [this](StoreReply&&, std::vector<Ended>&& ends) {
                        told = std::move(ends);
                        ++answered;
                    }}};

    void answer() {
        for (StoreRequest& request : requests) request.done({});
        requests.clear();
    }
};

}  // namespace

TEST_CASE("outbox: what is ready together is one request, and must not be lost") {
    Posted posted;
    posted.box.flush();
    CHECK(posted.requests.empty());
    posted.box.expect_starts(2);
    posted.box.start({}, 4);
    posted.box.start({}, 5);
    posted.box.reserve_releases(1);
    posted.box.release({});
    posted.box.reserve_finish();
    posted.box.finish({});
    posted.box.flush();
    REQUIRE(posted.requests.size() == 1);
    CHECK(posted.requests[0].batch.starts.size() == 2);
    CHECK(posted.requests[0].batch.finishes.size() == 1);
    CHECK(posted.requests[0].batch.releases.size() == 1);
    for (const StoreRequest& request : posted.requests) CHECK(request.retry);
    CHECK(posted.box.empty());
    posted.answer();
    CHECK(posted.answered == 1);
    CHECK(posted.gated == std::vector<std::uint64_t>{4, 5});
}

TEST_CASE("outbox: an end is told when it is in the store") {
    Posted posted;
    posted.box.reserve_finish();
    posted.box.finish({});
    posted.box.reserve_finish();
    posted.box.finish({}, {.definition = nullptr, .attempt = 2});
    posted.box.flush();
    CHECK(posted.told.empty());
    posted.answer();
    REQUIRE(posted.told.size() == 1);
    CHECK(posted.told[0].attempt == 2);
    CHECK(posted.told[0].finish == 1);
}

TEST_CASE("outbox: what cannot be posted for want of memory stays") {
    Posted posted;
    posted.box.reserve_finish();
    Finish finish;
    finish.fire.task = 3;
    posted.box.finish(std::move(finish));
    posted.lacks = true;
    CHECK_THROWS_AS(posted.box.flush(), std::bad_alloc);
    CHECK(posted.box.finishes().size() == 1);
    CHECK_FALSE(posted.box.unflushed());
    posted.lacks = false;
    posted.box.flush();
    REQUIRE(posted.requests.size() == 1);
    CHECK(posted.requests[0].batch.finishes.at(0).fire.task == 3);
    CHECK(posted.box.unflushed());
    posted.box.answered();
    CHECK_FALSE(posted.box.unflushed());
}
