#include "core/json/text.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/quote.hpp"

namespace uvsched {
namespace {

using nlohmann::json;

// Reads the text once, without building a value, and finds its first fault; "" if there is none.
class Checker final : public json::json_sax_t {
public:
    [[nodiscard]] const std::string& fault() const { return fault_; }

    bool null() override { return true; }
    bool boolean(bool /*value*/) override { return true; }
    bool number_integer(number_integer_t /*value*/) override { return true; }
    bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
    bool number_float(number_float_t /*value*/, const std::string& text) override {
        // Whole numbers come here only when they do not fit.
        if (text.find_first_of(".eE") != std::string::npos) return true;
        return refuse("the whole number " + text.substr(0, 40) + " does not fit into 64 bits");
    }
    bool string(string_t& /*value*/) override { return true; }
    bool binary(binary_t& /*value*/) override { return true; }
    bool start_object(std::size_t /*elements*/) override { return enter(); }
    bool start_array(std::size_t /*elements*/) override { return enter(); }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }
    bool key(string_t& name) override {
        return names_.back().insert(name).second || refuse("the name " + in_quotes(name) + " is given twice");
    }
    bool parse_error(std::size_t position, const std::string& /*token*/, const json::exception& error) override {
        std::string what = error.what();
        // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …": keep what people need.
        if (const auto colon = what.find(": "); colon != std::string::npos) what.erase(0, colon + 2);
        // It repeats bytes of the text, which may be anything.
        const std::string readable = in_quotes(what, 200);
        return refuse("not JSON at byte " + std::to_string(position) + ": " + readable.substr(1, readable.size() - 2));
    }

private:
    bool enter() {
        names_.emplace_back();
        return names_.size() <= kMaxJsonDepth || refuse("nested deeper than " + std::to_string(kMaxJsonDepth));
    }
    bool leave() {
        names_.pop_back();
        return true;
    }
    bool refuse(std::string fault) {
        fault_ = std::move(fault);
        return false;
    }

    std::vector<std::set<std::string>> names_;  // of the objects and arrays that are open
    std::string fault_;
};

}  // namespace

json parse_json(std::string_view text, const std::string& path) {
    const std::string begin = path.empty() ? "" : path + ": ";
    if (text.size() > kMaxJsonBytes) {
        fail(Code::invalid, begin + "longer than " + std::to_string(kMaxJsonBytes) + " bytes of JSON");
    }
    Checker checker;
    if (!json::sax_parse(text, &checker)) fail(Code::invalid, begin + checker.fault());
    return json::parse(text);
}

std::string json_excerpt(const json& value) {
    if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
    return shortened(without_secrets(value.dump(-1, ' ', false, json::error_handler_t::replace)), 60);
}

}  // namespace uvsched
