#include "copies.hpp"

#include "core/base/error.hpp"
#include "core/base/quote.hpp"
#include "core/platform/copies.hpp"
#include "core/platform/shared_library.hpp"

namespace uvsched::capi {

void claim_process() {
    const std::optional<std::string> other = take_process();
    if (!other) return;
    const std::string own = own_file();
    fail(Code::version, "another copy of libuvsched is in use in this process, in " + in_quotes(*other, 256) +
                            ", beside this one in " + in_quotes(own.empty() ? "the program itself" : own, 256) +
                            "; load one copy only");
}

}  // namespace uvsched::capi
