#include "core/stores/drivers/driver_library.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/quote.hpp"
#include "core/platform/files.hpp"
#include "core/platform/shared_library.hpp"

namespace uvsched {
namespace {

#ifdef __APPLE__
constexpr std::string_view kEnding = ".dylib";
#else
constexpr std::string_view kEnding = ".so";
#endif

std::string file_name(const std::string& name) { return "libuvsched-" + name + std::string(kEnding); }

std::vector<std::string> folders() {
    std::vector<std::string> out;
    if (const char* const given = std::getenv(kModulePath); given != nullptr) {
        std::string_view rest = given;
        while (!rest.empty()) {
            const std::string_view folder = rest.substr(0, rest.find(':'));
            rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
            // A relative one would be another for each folder that the program is started in.
            if (folder.starts_with('/')) out.emplace_back(folder);
        }
    }
    if (std::string own = own_folder(); !own.empty()) out.push_back(std::move(own));
    return out;
}

}  // namespace

void* find_driver(const std::string& name, const char* function, const char* needs) {
    const std::string file = file_name(name);
    std::string searched;
    for (const std::string& folder : folders()) {
        const std::string path = folder + "/" + file;
        if (!status_behind(path)) {
            searched += (searched.empty() ? "" : ", ") + in_quotes(folder, 200);
            continue;
        }
        std::string why;
        if (void* const found = find_in_library(path, function, why)) return found;
        fail(Code::unsupported, path + " cannot be used: " + why + "; install " + needs);
    }
    fail(Code::unsupported, file + " is not in " + (searched.empty() ? "any known folder" : searched) +
                                "; install it (" + "it needs " + needs + "), or name its folder in " + kModulePath +
                                "; no wheel of an index has it, docs/installing.md says how to make it");
}

void refuse_driver(const std::string& name, unsigned version, unsigned wanted) {
    fail(Code::version, file_name(name) + " is of another version of uvsched (its table is version " +
                            std::to_string(version) + ", this one needs " + std::to_string(wanted) +
                            "); install both from one release");
}

}  // namespace uvsched
