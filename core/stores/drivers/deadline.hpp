// Deadline: by when a server must have answered.
#pragma once

#include <chrono>
#include <optional>

namespace uvsched {

using Patience = std::chrono::steady_clock::duration;

class Deadline {
public:
    explicit Deadline(Patience at_most) : end_(std::chrono::steady_clock::now() + at_most) {}

    // The rest, rounded up; nullopt: it is over.
    [[nodiscard]] std::optional<std::chrono::milliseconds> left() const {
        const auto left = end_ - std::chrono::steady_clock::now();
        if (left <= left.zero()) return std::nullopt;
        return std::chrono::ceil<std::chrono::milliseconds>(left);
    }

private:
    std::chrono::steady_clock::time_point end_;
};

}  // namespace uvsched
