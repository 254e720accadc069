// Words: a command for the server, word by word. All of them are text: the server's scripts calculate with doubles.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace uvsched::redis {

class Words {
public:
    Words() = default;
    Words(std::initializer_list<std::string_view> words) {
        for (const std::string_view word : words) add(word);
    }

    Words& add(std::string_view word) {
        words_.emplace_back(word);
        return *this;
    }
    Words& add(const char* word) { return add(std::string_view(word)); }
    Words& add(bool yes) { return add(std::string_view(yes ? "1" : "0")); }
    template <std::integral Integer>
    Words& add(Integer number) {
        words_.push_back(std::to_string(static_cast<std::int64_t>(number)));
        return *this;
    }
    // Empty: there is none.
    template <class Inner>
    Words& add(const std::optional<Inner>& word) {
        return word ? add(*word) : add(std::string_view());
    }
    void set(std::size_t index, std::string word) { words_[index] = std::move(word); }

    [[nodiscard]] std::size_t size() const noexcept { return words_.size(); }
    [[nodiscard]] const std::string& operator[](std::size_t index) const { return words_[index]; }

private:
    std::vector<std::string> words_;
};

}  // namespace uvsched::redis
