// uvsched.h as a text: what it declares is exported, said something about, and tried with bad handles.
#include <dlfcn.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
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
        while (line.find(");") == std::string::npos) {
            std::string more;
            REQUIRE(std::getline(file, more));
            line += more;
        }
        static const std::regex pattern(R"(UVSCHED_API [\w ]+[ *]+(sched_\w+)\((.*?)\);.*)");
        std::smatch match;
        REQUIRE(std::regex_match(line, match, pattern));
        found.push_back({match[1], match[2], commented});
    }
    return found;
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
    static const std::regex handle(R"((const )?sched_(config|scheduler|task|queue|consumer|iterator)\* .*)");
    for (const Declared& function : declared()) {
        CAPTURE(function.name);
        const bool frees = function.name.ends_with("_free");
        if (std::regex_match(function.parameters, handle) && !frees) CHECK(tried.contains(function.name));
    }
}
