// CronReader: walks the text of one cron field and reports its faults with their columns.
#pragma once

#include <string>
#include <string_view>

#include "core/triggers/cron/field_spec.hpp"
#include "core/triggers/cron/value_set.hpp"

namespace uvsched {

inline constexpr std::size_t kMaxCronCharacters = 1000;

// Throws Error(invalid): `FIELD: "PIECE" WHY (column N)`. N is the column of `at` in `whole`, counted in characters
// from 1; `at` points into `whole`.
[[noreturn]] void refuse_cron(std::string_view whole, const char* field, std::string_view piece, const std::string& why,
                              const char* at);

// A text with more than kMaxCronCharacters is refused before it is read.
void check_cron_length(std::string_view whole, const char* field);

// Every fault throws Error(invalid). Borrows the text.
class CronReader {
public:
    // `field` is the part of `whole` to read; columns are counted in `whole`.
    CronReader(const CronFieldSpec& spec, std::string_view whole, std::string_view field)
        : spec_(spec), whole_(whole), field_(field), next_(field.data()), end_(field.data() + field.size()) {}

    [[nodiscard]] const CronFieldSpec& spec() const { return spec_; }
    [[nodiscard]] char peek(int ahead = 0) const { return end_ - next_ > ahead ? next_[ahead] : '\0'; }
    [[nodiscard]] const char* position() const { return next_; }
    bool take(char c) {
        if (next_ == end_ || *next_ != c) return false;
        ++next_;
        return true;
    }
    void skip(int characters) { next_ += characters; }
    void skip_blanks();

    // List items, with blanks around them. begin_item() refuses an empty item. end_item() refuses the rest of an item,
    // and returns whether another item follows.
    void begin_item();
    [[nodiscard]] bool end_item();
    [[nodiscard]] bool item_done() const { return next_ == item_end_; }
    [[nodiscard]] std::string_view item() const { return {item_, static_cast<std::size_t>(item_end_ - item_)}; }

    // A number of 1 to 4 digits; nothing else may stand here.
    [[nodiscard]] int number();

    // A number or a name of the field's values. `last`: it ends a range.
    [[nodiscard]] int value(bool last = false);

    // The b of a-b, after the "-": not less than `first`, whose text began at `from`. SUN after Sunday means Sunday.
    [[nodiscard]] int range_end(int first, const char* from);

    // The n of /n, after the "/".
    [[nodiscard]] int step();

    // Whether the item, from its character `at` on, is a valid step and nothing else.
    [[nodiscard]] bool ends_in_step(std::size_t at) const;

    // From `from` to the next character to be read.
    [[nodiscard]] std::string_view since(const char* from) const {
        return {from, static_cast<std::size_t>(next_ - from)};
    }

    [[noreturn]] void refuse(std::string_view piece, const std::string& why) const;
    [[noreturn]] void refuse_at(const char* at, std::string_view piece, const std::string& why) const;
    [[noreturn]] void refuse_item() const;  // the item has no known form

private:
    [[nodiscard]] std::string_view letters() const;

    const CronFieldSpec& spec_;
    std::string_view whole_;
    std::string_view field_;
    const char* next_;
    const char* end_;
    const char* item_ = nullptr;
    const char* item_end_ = nullptr;
};

}  // namespace uvsched
