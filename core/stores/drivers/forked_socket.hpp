// ForkedSocket: a socket of a client library in the child of a fork.
//
// The parent goes on with its sessions. The child has the same sockets, and must neither use them nor say goodbye on
// them, which would end the parent's sessions: it closes the descriptors, and calls nothing of the client library.
#pragma once

#include <functional>
#include <mutex>

namespace uvsched {

// A socket of this process, until it is forgotten. Thread-safe.
class ForkedSocket {
public:
    ForkedSocket();
    ~ForkedSocket();
    ForkedSocket(const ForkedSocket&) = delete;
    ForkedSocket& operator=(const ForkedSocket&) = delete;

    // Calls a function that may open or close a socket and returns what its descriptor is then; -1: there is none. A
    // fork on another thread waits for it.
    void change(const std::function<int()>& what);

    // False in a child: the descriptor is closed there, and is perhaps another file's by now.
    [[nodiscard]] bool is_ours() const noexcept;

private:
    struct Registry;
    static Registry& registry();

    int descriptor_ = -1;       // guarded by the registry
    bool closed_here_ = false;  // by a fork: this process is the child
};

}  // namespace uvsched
