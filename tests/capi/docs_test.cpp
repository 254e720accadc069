// docs/c-api.md shows what is built.
#include <fstream>
#include <iterator>
#include <string>

#include "support.hpp"

namespace {

std::string read(const std::string& path) {
    std::ifstream file(std::string(UVSCHED_SOURCE) + "/" + path);
    REQUIRE(file.good());
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the C++ program of the documentation is the example") {
    const std::string shown = "```cpp\n" + read("examples/minimal.cpp") + "```\n";
    CHECK(read("docs/c-api.md").find(shown) != std::string::npos);
}
