# The installed headers compile alone, as every standard they promise, with all warnings as errors.
set -eu
strict="-I$PREFIX/include -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only"
for std in c99 c11 c17; do
    echo '#include <uvsched.h>
int main(void) { return UVSCHED_OK; }' | "$CC" -std=$std $strict -x c -
done
for std in c++11 c++17 c++20; do
    echo '#include <uvsched.h>' | "$CXX" -std=$std $strict -Wold-style-cast -x c++ -
done
for std in c++17 c++20; do
    echo '#include <uvsched.hpp>' | "$CXX" -std=$std $strict -Wold-style-cast -x c++ -
done
