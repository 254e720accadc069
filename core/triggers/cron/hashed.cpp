#include "core/triggers/cron/hashed.hpp"

#include <algorithm>

#include "core/base/hash.hpp"

namespace uvsched {

std::uint64_t cron_hash(const std::string& key, const char* field) {
    std::string bytes = key;
    bytes += '\0';
    bytes += field;
    return splitmix(fnv1a(bytes));
}

CronRange hashed_range(int first, int last, int step, const std::string& key, const char* field) {
    const int width = last - first + 1;
    const int choices = step == 0 ? width : std::min(step, width);
    const int chosen = first + static_cast<int>(cron_hash(key, field) % static_cast<std::uint64_t>(choices));
    return step == 0 ? CronRange{chosen, chosen, 1} : CronRange{chosen, last, step};
}

}  // namespace uvsched
