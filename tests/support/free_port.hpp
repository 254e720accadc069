// A port of this machine on which nobody listens.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

inline int free_port() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&place), size) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&place), &size) != 0) {
        throw std::runtime_error("no port is free");
    }
    ::close(listener);
    return ntohs(place.sin_port);
}

// Whether somebody listens on it.
inline bool is_answered(int port) {
    const int caller = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    place.sin_port = htons(static_cast<in_port_t>(port));
    const bool answered = ::connect(caller, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0;
    ::close(caller);
    return answered;
}
