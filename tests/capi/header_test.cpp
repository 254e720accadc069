// uvsched.h as a text: what it declares is exported, said something about, and tried with bad handles.
#include <dlfcn.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
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

// Whether a parameter is one of the handles that are checked.
bool takes_handle(const Declared& function) {
    for (const char* handle :
         {"config", "scheduler", "task", "queue", "consumer", "trigger", "task_iterator", "history_iterator"}) {
        if (function.parameters.find("sched_" + std::string(handle) + "* ") != std::string::npos) return true;
    }
    return false;
}

// A parameter that the function writes to: a pointer to what is neither const, nor a handle, nor user data.
bool is_out(std::string_view parameter) {
    if (parameter.starts_with("const ") || parameter.starts_with("void*")) return false;
    if (parameter.find("** ") != std::string_view::npos || parameter.find('[') != std::string_view::npos) return true;
    for (const char* type :
         {"int*", "int64_t*", "uint64_t*", "size_t*", "sched_state*", "sched_stats*", "sched_task_counts*",
          "sched_time*", "sched_offset*", "sched_task_info*", "sched_history_row*", "sched_item*"}) {
        if (parameter.starts_with(std::string(type) + " ")) return true;
    }
    return false;
}

// The parameters: an array's capacity belongs to it.
std::vector<std::string> parameters_of(const Declared& function) {
    std::vector<std::string> found;
    std::istringstream text(function.parameters);
    for (std::string parameter; std::getline(text, parameter, ',');) {
        parameter.erase(0, parameter.find_first_not_of(' '));
        if (parameter != "size_t capacity") found.push_back(parameter);
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

TEST_CASE("out-parameters come first") {
    int with_out = 0;
    for (const Declared& function : declared()) {
        CAPTURE(function.name);
        const std::vector<std::string> parameters = parameters_of(function);
        CHECK(std::is_partitioned(parameters.begin(), parameters.end(), is_out));
        if (!parameters.empty() && is_out(parameters.front())) ++with_out;
    }
    CHECK(with_out >= 25);
}

TEST_CASE("a function of a task is given its id, then its store") {
    int of_task = 0;
    for (const Declared& function : declared()) {
        CAPTURE(function.name);
        if (function.parameters.find("const char* id") == std::string::npos) continue;
        if (function.parameters.find("const char* store") == std::string::npos) continue;
        ++of_task;
        CHECK(function.parameters.find("const char* id, const char* store") != std::string::npos);
    }
    CHECK(of_task == 7);
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
