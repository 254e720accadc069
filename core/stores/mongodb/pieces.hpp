// Many documents are written in pieces that the server takes in one command.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/stores/mongodb/bson.hpp"

namespace uvsched::mongodb {

inline constexpr std::size_t kAtOnce = 500;

// Calls with each piece, and with the place of its first document among all.
template <class Call>
void in_pieces(std::vector<Document> all, Call&& call) {
    constexpr std::size_t kMostBytes = 8 * 1024 * 1024;  // the server takes 16 MiB
    for (std::size_t first = 0; first < all.size();) {
        Document piece = Document::array();
        std::size_t bytes = 0;
        std::size_t next = first;
        for (; next < all.size() && piece.size() < kAtOnce; ++next) {
            bytes += weight(all[next]);
            if (bytes > kMostBytes && !piece.empty()) break;
            piece.push_back(std::move(all[next]));
        }
        call(std::move(piece), first);
        first = next;
    }
}

}  // namespace uvsched::mongodb
