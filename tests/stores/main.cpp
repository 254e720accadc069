// The main function of programs that have the tests of all stores, and run those of one: --store=NAME.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstdio>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/stores/store_name.hpp"
#include "tests/support/run_tests.hpp"

namespace {

std::string& chosen_name() {
    static std::string name = "sqlite";
    return name;
}

// Those that this program has been built with.
std::vector<std::string> stores() {
    std::istringstream names(UVSCHED_TEST_STORES);
    std::vector<std::string> out;
    for (std::string name; names >> name;) out.push_back(name);
    return out;
}

// Files whose names begin so are left out.
void leave_out(doctest::Context& context, const std::string& name) {
    const std::string here = __FILE__;
    const std::string tests = here.substr(0, here.find("stores/main.cpp"));
    context.addFilter("source-file-exclude", (tests + "*/" + name + "_*").c_str());
}

}  // namespace

const std::string& store_name() { return chosen_name(); }

int main(int argc, char** argv) {
    constexpr std::string_view kOption = "--store=";
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument.starts_with(kOption)) chosen_name() = argument.substr(kOption.size());
    }
    doctest::Context context(argc, argv);
    bool is_known = false;
    for (const std::string& store : stores()) {
        if (store == store_name()) is_known = true;
        if (store != store_name()) leave_out(context, store);
    }
    if (!is_known) {
        std::fprintf(stderr, "--store=%s: this program has the stores %s\n", store_name().c_str(), UVSCHED_TEST_STORES);
        return 2;
    }
    if (store_name() == "sqlite") leave_out(context, "server");
    return run_tests(context);
}
