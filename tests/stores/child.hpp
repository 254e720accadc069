// A forked process of a test, and a pipe to hear from it.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>

class Child {
public:
    // Runs `work` in a child, which ends with the status it returns.
    explicit Child(const std::function<int(Child&)>& work) {
        if (pipe(to_parent_) != 0 || pipe(to_child_) != 0) throw std::runtime_error("pipe");
        std::fflush(nullptr);  // what is buffered is written once
        pid_ = fork();
        if (pid_ < 0) throw std::runtime_error("fork");
        if (pid_ != 0) return;
        int status = 99;
        try {
            status = work(*this);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "process %d: %s\n", static_cast<int>(getpid()), error.what());
        } catch (...) {  // doctest's own
        }
        _exit(status);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (!ended_) {
            kill(pid_, SIGKILL);
            wait();
        }
        for (const int descriptor : {to_parent_[0], to_parent_[1], to_child_[0], to_child_[1]}) close(descriptor);
    }

    [[nodiscard]] pid_t pid() const { return pid_; }

    // In the child.
    void tell_parent() { put(to_parent_[1]); }
    void await_parent() { get(to_child_[0]); }
    // In the parent.
    void tell() { put(to_child_[1]); }
    void await() { get(to_parent_[0]); }

    // What waitpid() says of it.
    int wait() {
        int status = 0;
        waitpid(pid_, &status, 0);
        ended_ = true;
        return status;
    }
    // 0 when it ended well.
    int exit_status() {
        const int status = wait();
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }

private:
    static void put(int descriptor) {
        if (write(descriptor, "x", 1) != 1) throw std::runtime_error("write");
    }
    static void get(int descriptor) {
        char byte = 0;
        if (read(descriptor, &byte, 1) != 1) throw std::runtime_error("read");
    }

    int to_parent_[2] = {-1, -1};
    int to_child_[2] = {-1, -1};
    pid_t pid_ = -1;
    bool ended_ = false;
};

// A child that ends at once.
inline void fork_once() {
    Child child([](Child&) { return 0; });
    child.wait();
}
