// uvsched.h as a text: what it declares is exported, said something about, and tried with bad handles.
#include <dlfcn.h>

#include <fstream>
#include <set>
#include <string_view>
#include <vector>

#include "handle_calls.hpp"
#include "support.hpp"

namespace {

struct Declared {
    std::string name;
    std::string parameters;
    bool commented;  // a comment stands above it, or above the lines that it follows without a gap
};

std::vector<Declared> declared() {
    std::ifstream file(UVSCHED_SOURCE "/capi/include/uvsched.h");
    REQUIRE(file.good());
    std::vector<Declared> found;
    std::string line;
    bool commented = false;
    while (std::getline(file, line)) {
        if (line.empty()) commented = false;
        if (line.starts_with("/*") && !line.starts_with("/* ----")) commented = true;
        if (!line.starts_with("UVSCHED_API")) continue;
        for (std::string more; line.find(");") == std::string::npos && std::getline(file, more);) line += more;
        const std::size_t open = line.find('(');
        const std::size_t close = line.find(");");
        REQUIRE(open < close);
        const std::size_t begin = line.find_last_of(" *", open) + 1;
        found.push_back({line.substr(begin, open - begin), line.substr(open + 1, close - open - 1), commented});
    }
    return found;
}

// Whether the first parameter is one of the handles that are checked.
bool takes_handle(const Declared& function) {
    std::string_view first = function.parameters;
    if (first.starts_with("const ")) first.remove_prefix(6);
    const std::string_view type = first.substr(0, first.find(' '));
    for (const char* handle : {"config", "scheduler", "task", "queue", "consumer", "iterator", "trigger"}) {
        if (type == "sched_" + std::string(handle) + "*") return true;
    }
    return false;
}

}  // namespace

TEST_CASE("every function of the header is exported") {
    const auto functions = declared();
    CHECK(functions.size() > 100);
    for (const Declared& function : functions) {
        CAPTURE(function.name);
        CHECK(dlsym(RTLD_DEFAULT, function.name.c_str()) != nullptr);
    }
}

TEST_CASE("every function of the header, or its group, is documented") {
    for (const Declared& function : declared()) {
        CAPTURE(function.name);
        const bool frees = function.name.ends_with("_free");  // the conventions say it all
        CHECK((function.commented || frees));
    }
}

TEST_CASE("every function that takes a handle is tried with bad ones") {
    std::set<std::string> tried;
    for (const auto& call : capi_test::handle_calls()) tried.insert(call.function);
    for (const Declared& function : declared()) {
        CAPTURE(function.name);
        const bool frees = function.name.ends_with("_free");
        if (takes_handle(function) && !frees) CHECK(tried.contains(function.name));
    }
}
