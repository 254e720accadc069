#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string>

#include "boundary.hpp"
#include "core/base/utf8.hpp"
#include "core/engine/loop.hpp"
#include "core/stores/registry/registry.hpp"

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(value) #value

namespace uvsched::capi {
namespace {

#ifdef UVSCHED_BUNDLED
constexpr const char* kBundled = "bundled: ";
#else
constexpr const char* kBundled = "";
#endif

constinit thread_local char last_error[4096] = "";

constexpr const char* kNames[] = {
    "UVSCHED_OK",           "UVSCHED_EINVAL",      "UVSCHED_ENOMEM",    "UVSCHED_EHANDLE",       "UVSCHED_ENOTFOUND",
    "UVSCHED_ECONFLICT",    "UVSCHED_ENOTRUNNING", "UVSCHED_EALREADY",  "UVSCHED_EDEADLK",       "UVSCHED_ETIMEDOUT",
    "UVSCHED_EFORKED",      "UVSCHED_EVERSION",    "UVSCHED_ESTORE",    "UVSCHED_EBUSY",         "UVSCHED_ECORRUPT",
    "UVSCHED_EUNSUPPORTED", "UVSCHED_EINTERNAL",   "UVSCHED_ENOTHREAD", "UVSCHED_ENODESCRIPTOR", "UVSCHED_EEND",
};

static_assert(std::size(kNames) == 1 - UVSCHED_EEND);

// Writes parts one behind the other. No allocation: this is how bad_alloc is told, too.
void write_last_error(std::initializer_list<const char*> parts) noexcept {
    std::size_t size = 0;
    for (const char* part : parts) {
        std::string_view rest(part);
        // Up to the last character that fits; bytes that are none are copied one by one.
        while (!rest.empty()) {
            const std::size_t length = std::max<std::size_t>(utf8_length(rest), 1);
            if (size + length >= sizeof last_error) break;
            std::memcpy(last_error + size, rest.data(), length);
            size += length;
            rest.remove_prefix(length);
        }
        if (!rest.empty()) break;
    }
    last_error[size] = '\0';
}

using VersionDetails = std::array<char, 128>;

VersionDetails version_details() {
    VersionDetails out{};
    const std::string libraries = Loop::library() + ", " + store_libraries();
    const std::string text = std::string(sched_version()) + " (" + kBundled + libraries + ")";
    text.copy(out.data(), out.size() - 1);
    return out;
}

}  // namespace

void set_last_error(const char* text) noexcept { write_last_error({text}); }

int status_of_exception(const char* function) noexcept {
    try {
        throw;
    } catch (const ArgumentError& error) {
        write_last_error({function, ": ", error.what()});
        return static_cast<int>(error.code());
    } catch (const Error& error) {
        write_last_error({error.what()});
        return static_cast<int>(error.code());
    } catch (const std::bad_alloc&) {
        write_last_error({function, ": out of memory: free some and call again"});
        return UVSCHED_ENOMEM;
    } catch (const std::exception& error) {
        write_last_error({function, ": a bug in uvsched: ", error.what()});
    } catch (...) {
        write_last_error({function, ": a bug in uvsched: an exception of an unknown type"});
    }
    return UVSCHED_EINTERNAL;
}

}  // namespace uvsched::capi

const char* sched_last_error(void) { return uvsched::capi::last_error; }

const char* sched_error_name(int code) {
    const auto& names = uvsched::capi::kNames;
    return code <= 0 && code > -static_cast<int>(std::size(names)) ? names[-code] : "UVSCHED_?";
}

const char* sched_version(void) {
    return TEXT_OF(UVSCHED_VERSION_MAJOR) "." TEXT_OF(UVSCHED_VERSION_MINOR) "." TEXT_OF(UVSCHED_VERSION_PATCH);
}

const char* sched_version_details(void) {
    try {
        static const uvsched::capi::VersionDetails details = uvsched::capi::version_details();
        return details.data();
    } catch (const std::bad_alloc&) {
        return sched_version();
    }
}
