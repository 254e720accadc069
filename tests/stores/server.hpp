// Server: a server that tests use: the one that an environment variable names, or one of their own, started in a folder
// of its own when it is made, and ended with the program.
#pragma once

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/stores/folder.hpp"
#include "tests/support/server_process.hpp"

class Server {
public:
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    virtual ~Server() = default;

    // With further options behind it: "&lease=2".
    [[nodiscard]] std::string url(const std::string& options = "") const {
        const bool first = url_.find('?') == std::string::npos && !options.empty();
        return url_ + (first ? "?" + options.substr(1) : options);
    }
    // Of a store that has a place of that name there.
    [[nodiscard]] std::string url_of(const std::string& name, const std::string& options = "") const {
        return url("&" + place_option_ + "=" + name + options);
    }
    // One of the same kind that nobody answers, with the password s3cret.
    [[nodiscard]] virtual std::string unanswered_url() const = 0;
    [[nodiscard]] bool is_own() const { return folder_ != nullptr; }

    // ---- a server of the tests' own ----

    virtual void start() = 0;
    virtual void stop(int signal) { process_.stop(signal); }
    [[nodiscard]] pid_t pid() const { return process_.pid(); }

protected:
    // The variable that names a server, the option that tells stores on it apart, and what ServerProcess takes.
    Server(const char* variable, std::string place_option, std::string instead_of_root = {}, int end = SIGQUIT)
        : place_option_(std::move(place_option)), process_(std::move(instead_of_root), end) {
        ::setenv("UVSCHED_MODULE_PATH", UVSCHED_TEST_MODULES, 0);
        if (const char* const given = std::getenv(variable); given != nullptr) {
            url_ = given;
        } else {
            folder_ = std::make_unique<Folder>();
        }
    }

    [[nodiscard]] const Folder& folder() const { return *folder_; }
    [[nodiscard]] ServerProcess& process() { return process_; }
    void set_url(std::string url) { url_ = std::move(url); }

    static void wait_until(const std::function<bool()>& is_ready) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!is_ready()) {
            if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the server does not get ready");
            ::usleep(10'000);
        }
    }

private:
    const std::string place_option_;
    std::unique_ptr<Folder> folder_;
    ServerProcess process_;  // ends before its folder goes
    std::string url_;
};
