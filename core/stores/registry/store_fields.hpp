// StoreFields: the configuration of one store as fields of one object, which the store's module reads.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/json/fields.hpp"

namespace uvsched {

// Where a store keeps its tasks: the text after "SCHEME:" and before "?".
struct StorePlace {
    std::string text;
    bool is_url = false;  // "SCHEME:" stood before it
    std::string path;     // of the JSON member that has it, for messages
    std::string shown;    // the given text without options and passwords, in quotes
    // Throws Error(invalid): "PATH: SHOWN: why".
    [[noreturn]] void refuse(const std::string& why) const;
    // The same of a text that is no URL: it is not shown if it may have a password in it.
    [[noreturn]] void refuse_form(const std::string& why) const;
};

// Whether %XX in the options of a URL stands for a byte.
enum class Escapes : std::uint8_t { none, percent };

// The text with bytes in the place of %XX. Throws Error(invalid), "PATH: …", if something else follows a "%".
[[nodiscard]] std::string without_escapes(std::string_view text, const std::string& path);

// Made from a URL ("sqlite:tasks.db?synchronous=normal"), or from an object with or without a URL. Options after the
// "?" of a URL become fields like the others: numbers and truth values may be strings.
class StoreFields {
public:
    // `path` is the JSON path of the store ("stores.default"). Throws Error(invalid) for anything else.
    StoreFields(const nlohmann::json& given, std::string path);
    ~StoreFields();
    StoreFields(const StoreFields&) = delete;
    StoreFields& operator=(const StoreFields&) = delete;

    // The name of the store: its type, its class, or else the scheme of the URL.
    [[nodiscard]] const std::string& kind() const noexcept { return kind_; }
    [[nodiscard]] const std::string& kind_path() const noexcept { return kind_path_; }

    // Reads the one of these keys that is given; nullopt if none is. Removes "SCHEME:" from its text, and makes the
    // options after the text fields. Throws Error(invalid) if two of the keys are given, if an option is not of the
    // form name=value, or if an option is given twice. Must be called before any other field is read.
    [[nodiscard]] std::optional<StorePlace> place(std::string_view scheme, std::initializer_list<const char*> keys,
                                                  Escapes escapes = Escapes::none);

    [[nodiscard]] JsonFields& fields() noexcept { return *fields_; }

    // All names that are given. Throws Error(invalid) for one of them: "PATH.NAME: why".
    [[nodiscard]] std::vector<std::string> names() const;
    [[noreturn]] void refuse(const std::string& name, const std::string& why) const;

    // Throws Error(invalid) if a name is given that is not among the known ones: it says which of them was meant, or
    // else what `all` says of them.
    void refuse_unknown(const std::vector<std::string>& known, const char* all) const;

    // What find() gives: the table of a driver. What it throws begins with the path of what asks for the store.
    template <class Table>
    [[nodiscard]] Table find_driver(Table (*find)()) const {
        try {
            return find();
        } catch (const Error& error) {
            refuse_driver(error);
        }
    }

    // One of two words; the first one if not given.
    [[nodiscard]] bool first_of(const char* key, const char* first, const char* second);

    // The field "lease": 1 to 600 seconds.
    [[nodiscard]] Micros lease();

private:
    [[noreturn]] void refuse_driver(const Error& error) const;
    void add_options(std::string_view query, std::initializer_list<const char*> keys, Escapes escapes);
    [[nodiscard]] std::string path_of(const char* key) const;

    const bool is_text_;  // only the URL was given
    const std::string path_;
    std::unique_ptr<nlohmann::json> object_;
    std::optional<JsonFields> fields_;  // of object_
    std::string kind_;
    std::string kind_path_;
};

}  // namespace uvsched
