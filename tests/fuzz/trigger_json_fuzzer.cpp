// Fuzz target: any text as the JSON of a trigger.
#include <nlohmann/json.hpp>

#include "core/json/text.hpp"
#include "tests/fuzz/invariants.hpp"

using namespace uvsched;
using namespace uvsched::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    Choices choices(text);
    TriggerPtr trigger;
    try {
        trigger = trigger_from_json(parse_json(text, "trigger"), choices.zone(), "trigger");
    } catch (const Error& error) {
        check_message(error, "trigger");
        return 0;
    }
    check_json(*trigger);
    if (auto keyed = trigger->with_key("digest")) {
        require(keyed->with_key("other") == nullptr, "a key stays", text);
        check_json(*keyed);
        trigger = keyed;
    }
    check_times(*trigger, choices);
    return 0;
}
