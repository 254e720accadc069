#include "core/stores/drivers/socket_bell.hpp"

#include "core/base/error.hpp"
#include "core/platform/descriptors.hpp"

namespace uvsched {

SocketBell::SocketBell(const char* why) : never_(why) {
    in_child_.change([this] { return number_ = second_number(never_.descriptor()); });
    if (number_ < 0) fail(Code::no_descriptor, why);
}

SocketBell::~SocketBell() {
    if (!in_child_.is_ours()) return;
    in_child_.change([this] {
        close_descriptor(number_);
        return -1;
    });
}

void SocketBell::ring_with(int socket) noexcept { stand_for(number_, socket); }

void SocketBell::fall_silent() noexcept { stand_for(number_, never_.descriptor()); }

}  // namespace uvsched
