// Remembered: what this node has read or written of rows, so that it can say what it expects there: where the text is
// still the same, the server need not take it apart. What is remembered wrongly, or not at all, costs time only.
#pragma once

#include <string>
#include <unordered_map>

#include "core/stores/redis/row_texts.hpp"

namespace uvsched::redis {

class Remembered {
public:
    // A task as it was last seen.
    [[nodiscard]] const TaskRow* task(TaskNumber number) const {
        const auto found = tasks_.find(number);
        return found == tasks_.end() ? nullptr : &found->second;
    }
    void put(const TaskRow& row) {
        if (tasks_.size() >= kMost) tasks_.clear();
        tasks_.insert_or_assign(row.number, row);
    }

    // Fires that this node holds, by "TASK:gen:kind:slot".
    [[nodiscard]] StoredFire* fire(const std::string& name) {
        const auto found = fires_.find(name);
        return found == fires_.end() ? nullptr : &found->second;
    }
    void put(const std::string& name, StoredFire fire) {
        if (fires_.size() >= kMost) fires_.clear();
        fires_.insert_or_assign(name, std::move(fire));
    }
    void forget(const std::string& name) { fires_.erase(name); }

    void clear() {
        tasks_.clear();
        fires_.clear();
    }

private:
    static constexpr std::size_t kMost = 65'536;
    std::unordered_map<TaskNumber, TaskRow> tasks_;
    std::unordered_map<std::string, StoredFire> fires_;
};

}  // namespace uvsched::redis
