// Faults: what is to happen to what a store asks of its server. The driver tables of tests ask for it.
#pragma once

#include <functional>
#include <string>
#include <utility>

enum class Fault {
    none,
    refused,         // the server has no room on its disk, or no memory left
    cut_unsent,      // the connection is gone
    cut_unanswered,  // the server does it, and nobody hears so
    killed_unsent,   // the process ends
    killed_unheard,  // the server does it, and the process ends before it hears so
};

// While it lives, `judge` says what is to happen to a statement, script or command, by its text or name; it is asked
// for each that is sent.
class Faults {
public:
    using Judge = std::function<Fault(const std::string& name)>;

    explicit Faults(Judge judge) : before_(std::exchange(judge_, std::move(judge))) {}
    Faults(const Faults&) = delete;
    Faults& operator=(const Faults&) = delete;
    ~Faults() { judge_ = before_; }

    [[nodiscard]] static Fault of(const std::string& name) { return judge_ ? judge_(name) : Fault::none; }

private:
    static inline Judge judge_{};
    const Judge before_;
};
