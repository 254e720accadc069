#include "core/platform/shared_library.hpp"

#include <dlfcn.h>

namespace uvsched {
namespace {

std::string last_error() {
    const char* const text = dlerror();  // NOLINT(concurrency-mt-unsafe): it is the thread's own
    return text == nullptr ? "unknown error" : text;
}

}  // namespace

std::string own_file() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&own_file), &info) == 0 || info.dli_fname == nullptr) return {};
    return info.dli_fname;
}

std::string own_folder() {
    const std::string file = own_file();
    const std::size_t slash = file.rfind('/');
    return slash == std::string::npos ? std::string() : file.substr(0, slash);
}

void* find_in_library(const std::string& file, const char* function, std::string& why) {
    void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == nullptr) {
        why = last_error();
        return nullptr;
    }
    void* const found = dlsym(library, function);
    if (found == nullptr) why = last_error();
    return found;
}

}  // namespace uvsched
