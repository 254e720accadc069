#include "core/node/store_mail.hpp"

#include <iterator>
#include <utility>

#include "core/base/memory.hpp"

namespace uvsched {

void StoreMail::open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    ending_ = false;
}

template <class Kind>
bool StoreMail::add(std::vector<Kind>& box, Kind& one) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        if (!open_) return false;
        first = requests_.empty() && jobs_.empty();
        box.push_back(std::move(one));
    }
    if (first) wake_();
    return true;
}

bool StoreMail::post(StoreRequest& request) { return add(requests_, request); }
bool StoreMail::post(StoreJob& job) { return add(jobs_, job); }

void StoreMail::take(std::vector<StoreRequest>& requests, std::vector<StoreJob>& jobs) {
    const std::lock_guard lock(mutex_);
    reserve_more(requests, requests_.size());
    reserve_more(jobs, jobs_.size());
    std::move(requests_.begin(), requests_.end(), std::back_inserter(requests));
    std::move(jobs_.begin(), jobs_.end(), std::back_inserter(jobs));
    requests_.clear();
    jobs_.clear();
}

void StoreMail::end() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_();
}

bool StoreMail::ending() const {
    const std::lock_guard lock(mutex_);
    return ending_;
}

bool StoreMail::close() {
    const std::lock_guard lock(mutex_);
    if (ending_ && requests_.empty() && jobs_.empty()) open_ = false;
    return !open_;
}

void StoreMail::set_groups(LaneGroups groups) {
    const std::lock_guard lock(mutex_);
    groups_ = std::move(groups);
}

LaneGroups StoreMail::groups() const {
    const std::lock_guard lock(mutex_);
    return groups_;
}

}  // namespace uvsched
