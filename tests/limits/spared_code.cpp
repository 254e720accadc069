#include "tests/limits/spared_code.hpp"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "failing.h"

namespace limits_test {
namespace {

struct Object {
    std::string path;
    const char* base = nullptr;
};

int find_library(dl_phdr_info* info, std::size_t /*size*/, void* data) {
    if (std::strstr(info->dlpi_name, "libuvsched.so") == nullptr) return 0;
    // The loader gives addresses as numbers. NOLINTNEXTLINE(performance-no-int-to-ptr)
    *static_cast<Object*>(data) = {info->dlpi_name, reinterpret_cast<const char*>(info->dlpi_addr)};
    return 1;
}

template <class Row>
std::vector<Row> read_rows(std::ifstream& file, std::uint64_t offset, std::uint64_t bytes) {
    std::vector<Row> rows(bytes / sizeof(Row));
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(rows.data()), static_cast<std::streamsize>(rows.size() * sizeof(Row)));
    return rows;
}

bool destroys_json(const std::string& symbol) {
    const auto has = [&](const char* part) { return symbol.find(part) != std::string::npos; };
    return has("8nlohmann") && has("10basic_json") && (has("7destroyE") || has("D1Ev") || has("D2Ev"));
}

}  // namespace

void spare_json() {
    Object object;
    dl_iterate_phdr(find_library, &object);
    std::ifstream file(object.path, std::ios::binary);
    const auto header = read_rows<ElfW(Ehdr)>(file, 0, sizeof(ElfW(Ehdr)));
    const auto sections = read_rows<ElfW(Shdr)>(file, header.at(0).e_shoff, header[0].e_shnum * sizeof(ElfW(Shdr)));
    for (const ElfW(Shdr) & section : sections) {
        if (section.sh_type != SHT_SYMTAB) continue;
        const ElfW(Shdr)& texts = sections.at(section.sh_link);
        const auto names = read_rows<char>(file, texts.sh_offset, texts.sh_size);
        for (const ElfW(Sym) & symbol : read_rows<ElfW(Sym)>(file, section.sh_offset, section.sh_size)) {
            if (symbol.st_size == 0 || !destroys_json(&names.at(symbol.st_name))) continue;
            failing_spare(object.base + symbol.st_value, object.base + symbol.st_value + symbol.st_size);
        }
    }
}

}  // namespace limits_test
