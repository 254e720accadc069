#include "copies.hpp"

#include "core/base/error.hpp"
#include "core/base/quote.hpp"
#include "core/platform/copies.hpp"

namespace uvsched::capi {

void claim_process() {
    const std::optional<std::string> other = take_process();
    if (!other) return;
    fail(Code::version,
         "another copy of libuvsched is in use in this process, in " + in_quotes(*other, 256) + "; load one copy only");
}

}  // namespace uvsched::capi
