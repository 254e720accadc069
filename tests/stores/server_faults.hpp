// Faults of a server, and what a store says of them.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "tests/stores/ledger.hpp"

namespace ledger {

// While it lives, the next statement, script or command of such a text or name has this fault.
class Fails {
public:
    Fails(Fault fault, std::string what)
        : Fails(fault, [what](const std::string& name) { return name.find(what) != std::string::npos; }) {}
    Fails(Fault fault, const ServerPlace& place)  // the next commit
        : Fails(fault, [&place](const std::string& name) { return place.is_commit(name); }) {}
    Fails(Fault fault, std::function<bool(const std::string&)> is_meant)
        : faults_([this, fault, is_meant = std::move(is_meant)](const std::string& name) {
              if (done_ || !is_meant(name)) return Fault::none;
              done_ = true;
              return fault;
          }) {}

private:
    const Faults faults_;
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
