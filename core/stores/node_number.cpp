#include "core/stores/node_number.hpp"

#include "core/base/error.hpp"
#include "core/platform/random.hpp"

namespace uvsched {

NodeNumber draw_node_number() {
    const std::optional<std::uint64_t> random = system_random();
    if (!random) fail(Code::store, "the system has no random numbers to name this node by");
    return static_cast<NodeNumber>(*random >> 1U | 1U);
}

}  // namespace uvsched
