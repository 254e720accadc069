#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "core/json/text.hpp"
#include "core/triggers/custom.hpp"
#include "handles.hpp"
#include "runs.hpp"
#include "structs.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

// A trigger that the program registered.
struct TriggerCallback {
    sched_trigger_table table;
    void* user_data;
    sched_destroy_fn destroy;

    [[nodiscard]] TriggerAnswer call(const TriggerAsk& ask) const {
        TriggerAnswer answer;
        const int status = table.next(&answer.time, to_handle(&ask), user_data);
        answer.kind = kind_of(status);
        return answer;
    }

    static TriggerAnswer::Kind kind_of(int status) {
        if (status == UVSCHED_TRIGGER_TIME) return TriggerAnswer::Kind::time;
        return status == UVSCHED_TRIGGER_NEVER ? TriggerAnswer::Kind::never : TriggerAnswer::Kind::failed;
    }
};

sched_trigger_table table_argument(const sched_trigger_table* given) {
    const sched_trigger_table table = copy_in(given, "table");
    not_null(table.next, "table->next");
    return table;
}

TriggerAnswer answer_of(const sched_answer& answer) {
    return {.kind = TriggerCallback::kind_of(answer.status),
            .ask = answer.ask_id,
            .time = answer.time,
            .error = error_argument(answer.error, answer.error_length, "error")};
}

std::vector<TriggerAnswer> answers_of(const sched_answer* answers, std::size_t count) {
    std::vector<TriggerAnswer> out;
    for (std::size_t i = 0; i < count; ++i) {
        try {
            out.push_back(answer_of(answers[i]));
        } catch (const Error& error) {
            fail(error.code(), "answers[" + std::to_string(i) + "]." + error.message());
        }
    }
    return out;
}

}  // namespace

int sched_register_trigger(sched_scheduler* scheduler, const char* name, const sched_trigger_table* table,
                           void* user_data, sched_destroy_fn destroy) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const std::string trigger_name = name_argument(name, "name");
        const auto callback =
            std::make_shared<TriggerCallback>(TriggerCallback{table_argument(table), user_data, destroy});
        TriggerFunction function;
        function.call = [callback](const TriggerAsk& ask) { return callback->call(ask); };
        function.release = [callback] {
            if (callback->destroy != nullptr) callback->destroy(callback->user_data);
        };
        ref->engine->register_trigger(trigger_name, std::move(function), false);
    });
}

int sched_register_trigger_token(sched_scheduler* scheduler, const char* name, uint64_t token, sched_queue* queue) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const std::string trigger_name = name_argument(name, "name");
        const Ref<QueueObject> to(queue, "queue");
        TriggerFunction function;
        function.token = token;
        function.queue = to->queue;
        function.release = [token, run_queue = to->queue] { run_queue->push_release(token); };
        ref->engine->register_trigger(trigger_name, std::move(function), true);
    });
}

int sched_unregister_trigger(sched_scheduler* scheduler, const char* name) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        ref->engine->unregister_trigger(name_argument(name, "name"));
    });
}

uint64_t sched_ask_id(const sched_ask* ask) { return ask == nullptr ? 0 : from_handle(ask)->id; }

const char* sched_ask_task_id(const sched_ask* ask) {
    return ask == nullptr ? nullptr : from_handle(ask)->task_id.c_str();
}

const char* sched_ask_trigger(const sched_ask* ask) {
    return ask == nullptr ? nullptr : from_handle(ask)->name.c_str();
}

const char* sched_ask_arguments(const sched_ask* ask) {
    return ask == nullptr ? nullptr : from_handle(ask)->arguments.c_str();
}

const char* sched_ask_timezone(const sched_ask* ask) {
    return ask == nullptr ? nullptr : from_handle(ask)->timezone.c_str();
}

int64_t sched_ask_previous(const sched_ask* ask) {
    return ask == nullptr ? 0 : from_handle(ask)->previous.value_or(INT64_MIN);
}

int64_t sched_ask_now(const sched_ask* ask) { return ask == nullptr ? 0 : from_handle(ask)->now; }

int sched_ask_set_error(const sched_ask* ask, const char* text, size_t length) {
    return guarded(__func__, [&] {
        not_null(ask, "ask");
        // Functions see a const ask, so that they change nothing but this; the object itself is not const.
        const_cast<TriggerAsk&>(*from_handle(ask)).error = error_argument(text, length, "text");
    });
}

int sched_queue_answer(sched_queue* queue, const sched_answer* answers, size_t count) {
    return guarded(__func__, [&] {
        const Ref<QueueObject> ref(queue, "queue");
        if (count == 0) return;
        not_null(answers, "answers");
        std::vector<TriggerAnswer> given = answers_of(answers, count);
        const auto engine = engine_of(*ref);
        ref->queue->answer(given);
    });
}
