#include "core/stores/redis/answer.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/quote.hpp"
#include "core/stores/rows/rows.hpp"

namespace uvsched::redis {
namespace {

std::int64_t number_or_unreadable(std::string_view text) {
    if (text.empty()) return 0;
    if (const auto number = number_of(text)) return *number;
    throw Unreadable(in_quotes(text, 40) + " is not a number");
}

// The part before the separator, which is taken away with it.
std::string_view cut(std::string_view& rest, char separator) {
    const std::string_view part = rest.substr(0, rest.find(separator));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    return part;
}

}  // namespace

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view Reply::view() const {
    if (kind() != UVSCHED_REDIS_TEXT && kind() != UVSCHED_REDIS_ERROR) return {};
    std::size_t length = 0;
    const char* const text = driver_->text(answer_, &length);
    return {text, length};
}

std::int64_t Reply::integer() const {
    return kind() == UVSCHED_REDIS_INTEGER ? driver_->integer(answer_) : number_of(view()).value_or(0);
}

std::size_t Reply::size() const { return kind() == UVSCHED_REDIS_LIST ? driver_->count(answer_) : 0; }

bool ListRow::is_null(int column) const {
    const Reply reply = at(column);
    return reply.is_nil() || (reply.kind() == UVSCHED_REDIS_TEXT && reply.view().empty());
}

std::int64_t ListRow::integer(int column) const {
    const Reply reply = at(column);
    if (reply.kind() == UVSCHED_REDIS_INTEGER) return reply.integer();
    return number_or_unreadable(reply.view());
}

std::string_view ListRow::view(int column) const { return at(column).view(); }

TaskText::TaskText(const Reply& reply) : open_(reply[3].integer()) {
    // rev lane hash uid gen clock anchor slot due hwm state
    std::array<std::string_view, 11> parts;
    std::string_view rest = reply[1].view();
    for (std::string_view& part : parts) {
        if (rest.empty()) throw Unreadable("sched: " + in_quotes(reply[1].view(), 80) + " is not a schedule");
        part = cut(rest, ' ');
        if (part == "-") part = {};
    }
    if (!rest.empty()) throw Unreadable("sched: " + in_quotes(reply[1].view(), 80) + " is not a schedule");
    columns_ = {reply[0].view(), parts[1], parts[2], parts[3], parts[4],  parts[0],       parts[5],
                parts[6],        parts[7], parts[8], parts[9], parts[10], reply[2].view()};
}

std::int64_t TaskText::integer(int column) const {
    return column == kOpen ? open_ : number_or_unreadable(view(column));
}

FireText::FireText(std::string_view name, std::string_view text) {
    std::string_view rest = name;
    const std::string_view task = cut(rest, ':');
    const std::string_view gen = cut(rest, ':');
    const std::string_view kind = cut(rest, ':');
    const std::string_view slot = rest;
    // uid last folded exact state lane ready owner token attempt crashes claim claimed started id
    std::array<std::string_view, 15> parts;
    rest = text;
    for (std::string_view& part : parts) {
        if (rest.empty()) throw Unreadable("open: " + in_quotes(text, 80) + " is not a fire");
        const bool is_id = &part == &parts.back();  // which may have blanks
        part = is_id ? rest : cut(rest, ' ');
        if (!is_id && part == "-") part = {};
    }
    columns_ = {task,     gen,      kind,     slot,      parts[1],  "0",       parts[2], parts[3], parts[4], parts[5],
                parts[7], parts[8], parts[9], parts[10], parts[12], parts[13], parts[6], parts[0], parts[14]};
}

std::int64_t FireText::integer(int column) const { return number_or_unreadable(view(column)); }

}  // namespace uvsched::redis
