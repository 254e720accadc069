// Code that ends the process where it gets no memory, and that a test leaves alone.
#pragma once

namespace limits_test {

// Spares the destructor of a JSON value: it needs memory, and cannot fail (docs/c-api.md says so).
void spare_json();

}  // namespace limits_test
