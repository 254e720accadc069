#include "core/stores/mongodb/session.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "core/stores/drivers/server_message.hpp"
#include "core/stores/store.hpp"

namespace uvsched::mongodb {
namespace {

// The server was about to do it, and ended, stepped down or had no more time.
constexpr int kCutShort[] = {50, 91, 189, 262, 11'600, 11'602};

}  // namespace

std::string Session::message(const std::string& what) const {
    std::string out = server_message(options_.place(), what, options_.password);
    for (const std::string& secret : options_.secrets()) out = without_secret(std::move(out), secret);
    return out;
}

void Session::lose(const std::string& why, bool maybe_done) {
    const std::string text = message(why);
    close();
    if (maybe_done) throw MaybeDone(text);
    fail(Code::store, text);
}

void Session::close() noexcept {
    if (link_ == nullptr) return;
    if (process_->is_ours()) driver_.close(link_);
    link_ = nullptr;
    process_.reset();
}

// A link that failed is not used again: the client library would not try that server for some seconds.
void Session::open() {
    close();
    process_ = std::make_unique<ForkedSocket>();
    std::array<char, 500> why{};
    link_ = driver_.open(options_.url(connect_, answer_).c_str(), why.data(), why.size());
    if (link_ == nullptr) lose(why.data(), false);
    static_cast<void>(run_in("admin", {{"ping", 1}}, Sends::reads));
}

Document Session::run(const Document& command, Sends sends) {
    if (!is_open()) open();
    return run_in(options_.database, command, sends);
}

Document Session::run_in(const std::string& database, const Document& command, Sends sends) {
    const std::vector<std::uint8_t> bytes = to_bson(command);
    const std::uint8_t* answer = nullptr;
    std::size_t size = 0;
    const bool changes = sends == Sends::changes;
    const int got = driver_.run(link_, database.c_str(), bytes.data(), bytes.size(), &answer, &size);
    if (got != UVSCHED_MONGODB_ANSWERED) lose(driver_.message(link_), changes && got == UVSCHED_MONGODB_LOST);
    Document out;
    try {
        out = from_bson(answer, size);
    } catch (const std::invalid_argument&) {
        lose("the server's answer cannot be read", changes);
    }
    if (truth(member(out, "ok"))) {
        const Document& unsure = member(out, "writeConcernError");
        if (!unsure.is_null()) {
            throw MaybeDone(message("written, but not by a majority that will keep it: " +
                                    std::string(text_of(member(unsure, "errmsg")))));
        }
        return out;
    }
    const int code = static_cast<int>(whole(member(out, "code")));
    const std::string why(text_of(member(out, "errmsg")));
    if (changes && std::ranges::find(kCutShort, code) != std::end(kCutShort)) lose(why, true);
    throw Refusal(code, message(why));
}

std::vector<Document> Session::ask(Document command) {
    constexpr int kAllAtOnce = 1'000'000;  // as far as one answer can hold it
    const std::string collection(text_of(command.front()));
    if (member(command, "pipeline").is_null()) {
        command["batchSize"] = kAllAtOnce;
    } else {
        command["cursor"] = {{"batchSize", kAllAtOnce}};
    }
    std::vector<Document> out;
    Document answer = run(command);
    const char* batch = "firstBatch";
    while (true) {
        Document& cursor = answer["cursor"];
        for (Document& each : cursor[batch]) out.push_back(std::move(each));
        const std::int64_t rest = whole(member(cursor, "id"));
        if (rest == 0) return out;
        batch = "nextBatch";
        answer = run({{"getMore", rest}, {"collection", collection}, {"batchSize", kAllAtOnce}});
    }
}

}  // namespace uvsched::mongodb
