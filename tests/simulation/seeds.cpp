#include "tests/simulation/seeds.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace uvsched::simulation {
namespace {

namespace fs = std::filesystem;

class Folder {
public:
    Folder() {
        const fs::path parent = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
        path_ = (parent / "uvsched-simulation-XXXXXX").string();
        if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp: " + path_);
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    void empty() const {
        for (const auto& entry : fs::directory_iterator(path_)) fs::remove(entry);
    }

private:
    std::string path_;
};

}  // namespace

void run_seeds(const Seeds& seeds, const Report& report) {
    const Folder folder;
    for (std::uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
        const bool durable = seeds.stores == Stores::both ? seed % 4 != 0 : seeds.stores == Stores::sqlite;
        const Verdict verdict =
            simulate({.seed = seed, .durable = durable, .planted = seeds.planted, .folder = folder.path()});
        folder.empty();
        if (!report(seed, verdict)) return;
    }
}

}  // namespace uvsched::simulation
