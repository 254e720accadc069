#include "core/stores/rows/lane_names.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/name.hpp"
#include "core/base/quote.hpp"
#include "core/triggers/custom.hpp"

namespace uvsched {

std::string names_of_lane(const Definition& definition) {
    return std::to_string(kDefinitionFormat) + "\n" + definition.executor + "\n" + definition.function + "\n" +
           std::string(custom_name(*definition.trigger));
}

std::string names_of_newer_lane(const std::string& names, std::int64_t format) {
    const std::size_t rest = names.find('\n');
    return std::to_string(format) + (rest == std::string::npos ? "\n\n\n" : names.substr(rest));
}

Lane lane_of_names(const std::string& names) {
    std::string_view rest = names;
    const auto next = [&rest] {
        const std::string_view part = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        return std::string(part);
    };
    Lane out;
    const std::string format = next();
    std::from_chars(format.data(), format.data() + format.size(), out.format);
    out.executor = next();
    out.function = next();
    out.trigger = next();
    return out;
}

std::string shown_id(const std::string& id) {
    try {
        validate_text("id", id);
        return id;
    } catch (const Error&) {
        return in_quotes(id);
    }
}

}  // namespace uvsched
