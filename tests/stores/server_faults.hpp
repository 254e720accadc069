// Faults of a server, and what a store says of them.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "tests/stores/ledger.hpp"

namespace ledger {

using Fault = FaultyServer::Fault;

// While it lives, the next statement or script of such a text or name has this fault.
class Fails {
public:
    Fails(Fault fault, std::string what)
        : Fails(fault, [what](const std::string& name) { return name.find(what) != std::string::npos; }) {}
    Fails(Fault fault, std::function<bool(const std::string&)> is_meant) : before_(FaultyServer::judge) {
        FaultyServer::judge = [this, fault, is_meant = std::move(is_meant)](const std::string& name) {
            if (done_ || !is_meant(name)) return Fault::none;
            done_ = true;
            return fault;
        };
    }
    ~Fails() { FaultyServer::judge = before_; }
    Fails(const Fails&) = delete;
    Fails& operator=(const Fails&) = delete;

private:
    std::function<Fault(const std::string&)> before_;
    bool done_ = false;
};

template <class Kind, class Work>
bool throws(Work&& work) {
    try {
        work();
    } catch (const Error& error) {
        return dynamic_cast<const Kind*>(&error) != nullptr;
    }
    return false;
}

inline std::string message_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.message();
    }
    return "";
}

inline bool says(const std::string& message, const std::string& part) {
    return message.find(part) != std::string::npos;
}

}  // namespace ledger
