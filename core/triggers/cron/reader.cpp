#include "core/triggers/cron/reader.hpp"

#include "core/base/error.hpp"
#include "core/base/quote.hpp"
#include "core/base/utf8.hpp"
#include "core/triggers/cron/letters.hpp"

namespace uvsched {
namespace {

// Bytes that are not UTF-8 count as one character each.
std::size_t count_characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) text.remove_prefix(std::max<std::size_t>(utf8_length(text), 1));
    return count;
}

// The probable meaning of a range that ends before it starts, in the words of the range: two ranges, or, if two are not
// possible or make no sense, the range the other way round.
std::string unwrapped(const CronFieldSpec& spec, bool whole_item, int first, std::string_view first_text, int last,
                      std::string_view last_text) {
    const std::string from(first_text);
    const std::string to(last_text);
    if (!whole_item || spec.origin != 0) return to + "-" + from;
    if (spec.both_sundays && first == 7) return last == 0 ? "0" : "0-" + to;
    const int top = spec.both_sundays ? 6 : spec.most;
    return (first == top ? from : from + "-" + std::to_string(top)) + "," +
           (last == spec.least ? to : std::to_string(spec.least) + "-" + to);
}

}  // namespace

void refuse_cron(std::string_view whole, const char* field, std::string_view piece, const std::string& why,
                 const char* at) {
    const auto before = static_cast<std::size_t>(at - whole.data());
    fail(Code::invalid, std::string(field) + ": " + in_quotes(piece) + " " + why + " (column " +
                            std::to_string(count_characters(whole.substr(0, before)) + 1) + ")");
}

void check_cron_length(std::string_view whole, const char* field) {
    if (whole.size() <= kMaxCronCharacters || count_characters(whole) <= kMaxCronCharacters) return;
    fail(Code::invalid, std::string(field) + ": " + in_quotes(whole) + " is longer than " +
                            std::to_string(kMaxCronCharacters) + " characters (column " +
                            std::to_string(kMaxCronCharacters + 1) + ")");
}

void CronReader::refuse_at(const char* at, std::string_view piece, const std::string& why) const {
    refuse_cron(whole_, spec_.name, piece, why, at);
}

void CronReader::refuse(std::string_view piece, const std::string& why) const { refuse_at(piece.data(), piece, why); }

void CronReader::refuse_item() const {
    const char c = peek();
    if (spec_.hash_name != nullptr && (c == 'l' || c == 'w' || c == 'h')) {
        refuse(item(), "is not understood: L, W and H are capital letters");
    }
    if (spec_.hash_name != nullptr && item().find('~') != std::string_view::npos) {
        refuse(item(), "is not understood; H stands for a value that differs from task to task, H(a-b) for one of a-b");
    }
    refuse(item(), "is not understood; expected " + std::string(spec_.values) + ", " + spec_.forms);
}

void CronReader::skip_blanks() {
    while (next_ != end_ && is_blank(*next_)) ++next_;
}

void CronReader::begin_item() {
    const char* const from = next_;
    skip_blanks();
    item_ = next_;
    item_end_ = next_;
    while (item_end_ != end_ && *item_end_ != ',') ++item_end_;
    while (item_end_ != item_ && is_blank(item_end_[-1])) --item_end_;
    if (item_ == item_end_) refuse_at(from, field_, "has an empty list item");
}

bool CronReader::end_item() {
    if (!item_done()) refuse_item();
    skip_blanks();
    return take(',');
}

int CronReader::number() {
    const char* const from = next_;
    int number = 0;
    while (next_ != end_ && is_digit(*next_)) {
        if (next_ - from < 4) number = number * 10 + (*next_ - '0');
        ++next_;
    }
    if (next_ == from) refuse_item();
    if (next_ - from > 4) refuse(since(from), "has more than 4 digits");
    return number;
}

std::string_view CronReader::letters() const {
    const char* to = next_;
    while (to != end_ && is_letter(*to)) ++to;
    return {next_, static_cast<std::size_t>(to - next_)};
}

int CronReader::value(bool last) {
    const char* const from = next_;
    if (is_digit(peek())) {
        const int value = number();
        if (value < spec_.least || value > spec_.most) refuse(since(from), std::string("is not in ") + spec_.values);
        return value;
    }
    if (spec_.names == nullptr || !is_letter(peek())) refuse_item();
    const std::string_view word = letters();
    if (word == "h" || word == "l") refuse_item();
    const int value = cron_name_value(*spec_.names, word.substr(0, 3));
    // A weekday may be followed by its L.
    const bool whole = word.size() == 3 || (spec_.both_sundays && word.size() == 4 && word[3] == 'L');
    if (value >= 0 && spec_.both_sundays && word.size() == 4 && word[3] == 'l') {
        skip(3);
        refuse_item();
    }
    if (value < 0 || !whole) {
        const std::string_view name = value < 0 ? "" : word.substr(0, 3);
        refuse(word, std::string("is not in ") + spec_.values + (value < 0 ? "" : "; write " + in_quotes(name)));
    }
    skip(3);
    return last && spec_.both_sundays && value == 0 ? 7 : value;
}

int CronReader::range_end(int first, const char* from) {
    const std::string_view first_text(from, static_cast<std::size_t>(next_ - from - 1));
    const char* const second = next_;
    const int last = value(true);
    if (last == 7 && first == 0 && is_letter(*second)) return 0;
    if (last >= first) return last;
    const bool whole_item = from == item_;
    refuse(since(from), "is a range that ends before it starts; write \"" +
                            unwrapped(spec_, whole_item, first, first_text, last, since(second)) + "\"");
}

bool CronReader::ends_in_step(std::size_t at) const {
    std::string_view rest = item().substr(at);
    if (!rest.starts_with('/')) return false;
    rest.remove_prefix(1);
    return !rest.empty() && rest.size() <= 4 && rest.find_first_not_of("0123456789") == std::string_view::npos &&
           rest.find_first_not_of('0') != std::string_view::npos;
}

int CronReader::step() {
    const char* const from = next_;
    const int step = number();
    if (step == 0) refuse(since(from), "is not a step of 1 or more");
    return step;
}

}  // namespace uvsched
