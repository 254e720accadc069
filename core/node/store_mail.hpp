// StoreMail: what is on its way to a store, until its node takes it.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "core/node/store_request.hpp"

namespace uvsched {

// Something to do with the store itself, after the requests that were posted before it. Throws nothing.
using StoreJob = std::function<void(Store&)>;

// Thread-safe; its mutex is a leaf.
class StoreMail {
public:
    // `wake` is called, with no lock held, if there was no mail before. It throws nothing.
    explicit StoreMail(std::function<void()> wake) : wake_(std::move(wake)) {}

    // Accepts mail from now on.
    void open();

    // False if the mail is closed. Throw bad_alloc. What was not taken is untouched.
    [[nodiscard]] bool post(StoreRequest& request);
    [[nodiscard]] bool post(StoreJob& job);

    // Moves everything out, behind what is in these. Throws bad_alloc, and has then moved nothing.
    void take(std::vector<StoreRequest>& requests, std::vector<StoreJob>& jobs);

    // Mail is still accepted until close() finds none left.
    void end();
    [[nodiscard]] bool ending() const;
    // True if the end was asked for and nothing is left: no mail is accepted any more.
    bool close();

    void set_groups(LaneGroups groups);
    [[nodiscard]] LaneGroups groups() const;

private:
    template <class Kind>
    bool add(std::vector<Kind>& box, Kind& one);

    const std::function<void()> wake_;
    mutable std::mutex mutex_;
    std::vector<StoreRequest> requests_;
    std::vector<StoreJob> jobs_;
    LaneGroups groups_ = std::make_shared<const std::vector<LaneGroup>>();
    bool open_ = false;
    bool ending_ = false;
};

}  // namespace uvsched
