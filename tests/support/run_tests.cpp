#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/support/run_tests.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstdio>

namespace {

bool chose_none = false;

struct Chosen : doctest::IReporter {
    explicit Chosen(const doctest::ContextOptions&) {}
    void test_run_end(const doctest::TestRunStats& stats) override {
        chose_none = stats.numTestCasesPassingFilters == 0;
    }
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_case_start(const doctest::TestCaseData&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}
};

REGISTER_LISTENER("chosen", 1, Chosen);

}  // namespace

int run_tests(doctest::Context& context) {
    ::setenv("TZ", "UTC", 1);  // what names no zone means the same on each machine
    const int failures = context.run();
    if (failures != 0 || !chose_none) return failures;
    std::fprintf(stderr, "no test fits what was asked for\n");
    return 1;
}
