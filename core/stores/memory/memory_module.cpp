#include "core/stores/memory/memory_module.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>

namespace uvsched {

StoreConfig read_memory_store(StoreFields& given) {
    constexpr std::int64_t kMostHistory = 100'000'000;
    const auto place = given.place("memory", {"url"});
    if (place && place->text.find_first_not_of('/') != std::string::npos) {
        place->refuse("a memory store has no path; write memory");
    }
    StoreConfig out;
    if (const auto history = given.fields().integer("history", 0, kMostHistory)) {
        out.history = static_cast<std::size_t>(*history);
    }
    out.options = nlohmann::json{{"type", "memory"}, {"history", out.history}}.dump();
    return out;
}

}  // namespace uvsched
