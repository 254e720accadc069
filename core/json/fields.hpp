// JsonFields: reads the members of one JSON object, and knows the path of each for messages.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/time/zone.hpp"

namespace uvsched {

// Whether numbers and truth values may be spelt as text ("20", "false"), as configuration files do.
enum class Spelling : std::uint8_t { strict, lenient };

// A member that is absent or null gives nullopt. Every fault throws Error(invalid): "PATH.KEY: VALUE is not …".
// Borrows the object.
class JsonFields {
public:
    JsonFields(const nlohmann::json& object, std::string path, Spelling spelling = Spelling::strict);

    [[nodiscard]] const nlohmann::json* find(const char* key);
    [[nodiscard]] bool has_null(const char* key) const;
    [[nodiscard]] std::optional<std::string> text(const char* key);
    [[nodiscard]] std::optional<bool> flag(const char* key);
    [[nodiscard]] std::optional<std::int64_t> integer(const char* key, std::int64_t least, std::int64_t most);
    [[nodiscard]] std::optional<Micros> seconds(const char* key);                         // not negative
    [[nodiscard]] std::optional<Instant> instant(const char* key, const TimeZone& zone);  // naive text in `zone`
    [[nodiscard]] std::optional<TimeZone> zone(const char* key);

    // Throws for the first member that none of the calls above asked for.
    void refuse_others() const;

    // Calls, and puts this object's path before the message of an Error, which begins with a member's name.
    template <class Call>
    auto within(Call call) const {
        try {
            return call();
        } catch (const Error& error) {
            throw Error(error.code(), path_of(error.message()));
        }
    }

    [[nodiscard]] std::string path_of(const std::string& key) const;
    [[noreturn]] void refuse(const char* key, const std::string& why) const;

private:
    const nlohmann::json& object_;
    std::string path_;
    Spelling spelling_;
    std::vector<std::string> known_;
};

}  // namespace uvsched
