// FaultyStore: a store between an engine and the real one, which fails, loses replies, dies and has planted faults. It
// sees what is truly written, and keeps book of it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/stores/store.hpp"
#include "tests/simulation/book.hpp"
#include "tests/simulation/planted.hpp"
#include "tests/simulation/weather.hpp"

namespace uvsched::simulation {

// What a faulty store works with; it outlives the store.
struct Surroundings {
    Weather& weather;
    Book& book;
    Chance& chance;
    Planted planted = Planted::nothing;
    std::function<Micros()> elapsed;
    std::function<void(const std::string& sql)> edit;  // the file, behind the store's back
};

[[nodiscard]] std::unique_ptr<Store> make_faulty_store(std::unique_ptr<Store> real, Surroundings around);

}  // namespace uvsched::simulation
