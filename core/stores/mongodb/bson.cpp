#include "core/stores/mongodb/bson.hpp"

#include <cmath>
#include <cstring>
#include <stdexcept>

#include "core/base/hex.hpp"

namespace uvsched::mongodb {
namespace {

constexpr int kDeepest = 200;
constexpr std::size_t kObjectId = 12;
constexpr std::size_t kDecimal = 16;

// Reads from front to back; every length is checked against what is there.
class Reader {
public:
    Reader(const std::uint8_t* bytes, std::size_t size) : at_(bytes), end_(bytes + size) {}

    Document document(bool list, int depth) {
        if (depth > kDeepest) refuse();
        const std::uint8_t* const begin = at_;
        const auto size = number<std::int32_t>();
        if (size < 5 || size > end_ - begin) refuse();
        const std::uint8_t* const behind = std::exchange(end_, begin + size);
        Document out = list ? Document::array() : Document::object();
        while (true) {
            const auto kind = number<std::uint8_t>();
            if (kind == 0) break;
            std::string name = word();
            Document value = element(kind, depth);
            if (list) {
                out.push_back(std::move(value));
            } else {
                out.emplace(std::move(name), std::move(value));
            }
        }
        if (at_ != end_) refuse();
        end_ = behind;
        return out;
    }

private:
    [[noreturn]] static void refuse() { throw std::invalid_argument("not BSON"); }

    template <class Number>
    Number number() {
        Number out{};
        std::memcpy(&out, take(sizeof out), sizeof out);
        return out;
    }
    const std::uint8_t* take(std::size_t size) {
        if (size > static_cast<std::size_t>(end_ - at_)) refuse();
        return std::exchange(at_, at_ + size);
    }
    std::string word() {
        const void* const nul = std::memchr(at_, 0, static_cast<std::size_t>(end_ - at_));
        if (nul == nullptr) refuse();
        const auto size = static_cast<std::size_t>(static_cast<const std::uint8_t*>(nul) - at_);
        const auto* const begin = reinterpret_cast<const char*>(take(size + 1));
        return {begin, size};
    }
    std::string string() {
        const auto size = number<std::int32_t>();
        if (size < 1) refuse();
        const auto* const begin = reinterpret_cast<const char*>(take(static_cast<std::size_t>(size)));
        return {begin, static_cast<std::size_t>(size) - 1};
    }
    std::string digits(std::size_t size) {
        const std::uint8_t* const begin = take(size);
        std::string out;
        for (std::size_t i = 0; i < size; ++i) {
            out += kHexDigits[begin[i] >> 4U];
            out += kHexDigits[begin[i] & 0xFU];
        }
        return out;
    }
    Document skipped(std::size_t size) {
        take(size);
        return nullptr;
    }

    Document element(std::uint8_t kind, int depth) {
        switch (kind) {
            case 0x01:
                return number<double>();
            case 0x02:  // a text; code; a symbol
            case 0x0D:
            case 0x0E:
                return string();
            case 0x03:
                return document(false, depth + 1);
            case 0x04:
                return document(true, depth + 1);
            case 0x05: {
                const auto size = number<std::int32_t>();
                if (size < 0) refuse();
                return skipped(static_cast<std::size_t>(size) + 1);
            }
            case 0x07:
                return digits(kObjectId);
            case 0x08:
                return number<std::uint8_t>() != 0;
            case 0x09:  // a time; a time stamp; a number
            case 0x11:
            case 0x12:
                return number<std::int64_t>();
            case 0x0B:
                word();
                word();
                return nullptr;
            case 0x0C:
                string();
                return skipped(kObjectId);
            case 0x0F: {
                const auto size = number<std::int32_t>();
                if (size < 4) refuse();
                return skipped(static_cast<std::size_t>(size) - sizeof size);
            }
            case 0x10:
                return number<std::int32_t>();
            case 0x13:
                return skipped(kDecimal);
            case 0x06:  // nothing; null; the least and the greatest of all keys
            case 0x0A:
            case 0x7F:
            case 0xFF:
                return nullptr;
            default:
                refuse();
        }
    }

    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

const Document kNull;

}  // namespace

std::vector<std::uint8_t> to_bson(const Document& document) { return Document::to_bson(document); }

Document from_bson(const std::uint8_t* bytes, std::size_t size) { return Reader(bytes, size).document(false, 0); }

const Document& member(const Document& document, std::string_view name) {
    if (!document.is_object()) return kNull;
    const auto found = document.find(name);
    return found == document.end() ? kNull : *found;
}

std::int64_t whole(const Document& value, std::int64_t otherwise) {
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (!value.is_number_float()) return otherwise;
    constexpr double kMost = 9.2e18;
    const auto number = value.get<double>();
    return std::nearbyint(number) == number && std::abs(number) < kMost ? static_cast<std::int64_t>(number) : otherwise;
}

std::string_view text_of(const Document& value) {
    return value.is_string() ? std::string_view(value.get_ref<const std::string&>()) : std::string_view();
}

bool truth(const Document& value) { return value.is_boolean() ? value.get<bool>() : whole(value) != 0; }

std::size_t weight(const Document& document) {
    constexpr std::size_t kMember = 24;  // a type, a name and a number
    if (document.is_string()) return kMember + text_of(document).size();
    std::size_t out = kMember;
    if (document.is_structured()) {
        for (const Document& each : document) out += weight(each);
    }
    return out;
}

}  // namespace uvsched::mongodb
