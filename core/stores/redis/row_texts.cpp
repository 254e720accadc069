#include "core/stores/redis/row_texts.hpp"

#include <optional>

#include "core/ledger/fire_rules.hpp"

namespace uvsched::redis {
namespace {

// Parts between blanks.
class Parts {
public:
    Parts& add(std::string_view part) {
        if (!text_.empty()) text_ += ' ';
        text_ += part.empty() ? "-" : part;
        return *this;
    }
    Parts& add(const char* part) { return add(std::string_view(part)); }
    template <std::integral Integer>
    Parts& add(Integer number) {
        return add(std::string_view(std::to_string(static_cast<std::int64_t>(number))));
    }
    template <class Inner>
    Parts& add(const std::optional<Inner>& part) {
        return part ? add(*part) : add(std::string_view());
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

}  // namespace

std::string schedule_text(const TaskRow& row) {
    const TaskState& state = row.state;
    Parts out;
    out.add(state.rev)
        .add(row.lane)
        .add(row.definition_hash)
        .add(state.uid)
        .add(state.gen)
        .add(clock_text(state.clock));
    out.add(state.anchor).add(state.next_slot).add(state.next_due).add(mark_or_null(state.hwm));
    return out.add(status_text(state.status)).take();
}

IndexPlace index_place(const TaskRow& row) {
    const std::string lane = std::to_string(row.lane);
    if (row.state.next_due) return {"due:" + lane, std::to_string(*row.state.next_due)};
    return {"idle:" + lane, std::to_string(static_cast<int>(row.state.status))};
}

std::string StoredFire::text() const {
    Parts out;
    out.add(uid).add(row.last_slot).add(row.folded).add(int{row.exact}).add(state_text(row.state)).add(row.lane);
    out.add(row.ready_at).add(node_or_null(row.owner)).add(row.token).add(row.attempt).add(row.crashes);
    out.add(claim == 0 ? std::nullopt : std::optional(claim)).add(time_or_null(row.claimed_at));
    return out.add(time_or_null(row.started_at)).take() + " " + id;
}

std::string miss_text(Uid uid, std::uint32_t gen, const PlannedMiss& miss, Instant now) {
    Parts out;
    out.add(uid).add(gen).add(kind_text(FireKind::scheduled)).add(miss.first).add(miss.first).add(miss.last);
    out.add(miss.count).add(int{miss.exact}).add(state_text(miss.state)).add(reason_text(miss.reason));
    return out.add(0).add(0).add("").add(0).add("").add("").add(now).take();
}

std::string ended_text(const StoredFire& fire, const Finish& finish) {
    const FireRow& row = fire.row;
    const bool called = finish.state != FireState::missed;
    const Instant began = finish.started_at != 0 ? finish.started_at : row.started_at;
    Parts out;
    out.add(fire.uid).add(row.gen).add(kind_text(row.kind)).add(row.slot).add(row.first_at()).add(row.last_slot);
    out.add(row.folded).add(int{row.exact}).add(state_text(finish.state)).add(reason_text(finish.reason));
    out.add(row.attempt).add(row.crashes).add(node_or_null(row.owner)).add(row.token).add(time_or_null(row.claimed_at));
    return out.add(time_or_null(called ? began : 0)).add(finish.now_wall).take();
}

int runs_ended(FireState from, const Finish& finish) {
    const bool called = finish.state != FireState::missed;
    const bool running = from == FireState::running;
    return (called && (running || finish.started_at != 0) ? 1 : 0) - (running ? 1 : 0);
}

}  // namespace uvsched::redis
