// What each test program's main function ends with.
#pragma once

namespace doctest {
class Context;
}

// Runs the tests that the context chooses. Choosing none is a failure, so that a filter with a slip in it is noticed.
[[nodiscard]] int run_tests(doctest::Context& context);
