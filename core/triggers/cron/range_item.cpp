#include "core/triggers/cron/range_item.hpp"

#include "core/base/quote.hpp"
#include "core/triggers/cron/hashed.hpp"

namespace uvsched {
namespace {

// `*` of a day-of-week leaves the second Sunday out.
int last_of_all(const CronFieldSpec& spec) { return spec.both_sundays ? 6 : spec.most; }

// A suggestion is a correct item itself.
std::string suggestion(bool correct, const std::string& item) {
    return correct ? "; write " + in_quotes(item) : "; a step follows a range, as in a-b/n, and is 1 or more";
}

std::optional<CronRange> read_hashed(CronReader& reader, CronHash& hash) {
    const CronFieldSpec& spec = reader.spec();
    const char* const from = reader.position();
    reader.skip(1);
    if (spec.hash_name == nullptr) reader.refuse(reader.since(from), std::string("is not for a ") + spec.name);
    int first = spec.least;
    int last = spec.hash_most;
    if (reader.take('(')) {
        const char* const range = reader.position();
        first = reader.value();
        if (!reader.take('-')) reader.refuse_item();
        last = reader.range_end(first, range);
        if (!reader.take(')')) reader.refuse_item();
    }
    const int step = reader.take('/') ? reader.step() : 0;
    hash.used = true;
    if (hash.key.empty()) return std::nullopt;
    return hashed_range(first, last, step, hash.key, spec.hash_name);
}

}  // namespace

std::optional<CronRange> read_range_item(CronReader& reader, CronHash& hash, bool& single) {
    const CronFieldSpec& spec = reader.spec();
    single = false;
    CronRange range;
    switch (reader.peek()) {
        case 'H':
            return read_hashed(reader, hash);
        case '*':
            reader.skip(1);
            range = {spec.least, last_of_all(spec), 1};
            break;
        case '/':
            reader.refuse(reader.item(), "has no range before its step" +
                                             suggestion(reader.ends_in_step(0), "*" + std::string(reader.item())));
        case '?':
            if (spec.may_be_open) reader.refuse_at(reader.position(), "?", "stands alone in its field");
            reader.refuse_at(reader.position(), "?", "is only for day-of-month and day-of-week");
        case '+':
            reader.refuse_at(reader.position(), "+", "is only for the start of day-of-week");
        default: {
            const char* const from = reader.position();
            range.first = range.last = reader.value();
            if (!reader.take('-')) {
                if (reader.peek() == '/') {
                    const std::string value(reader.since(from));
                    const std::string rest(reader.item().substr(value.size()));
                    reader.refuse(reader.item(), "has a step on a single value" +
                                                     suggestion(reader.ends_in_step(value.size()),
                                                                value + "-" + std::to_string(spec.most) + rest));
                }
                single = true;
                return range;
            }
            range.last = reader.range_end(range.first, from);
        }
    }
    if (reader.take('/')) range.step = reader.step();
    return range;
}

}  // namespace uvsched
