# The libraries that the engine stands on: those of the system, or with UVSCHED_BUNDLED sources that are compiled along.
# Targets: dependency::libuv, dependency::sqlite3, nlohmann_json::nlohmann_json.
find_package(Threads REQUIRED)
find_package(PkgConfig QUIET)

if(UVSCHED_BUNDLED)
  include(Bundled)
else()
  if(NOT PkgConfig_FOUND)
    message(FATAL_ERROR "pkg-config is not installed; it finds libuv and SQLite")
  endif()
  pkg_check_modules(libuv REQUIRED IMPORTED_TARGET libuv>=1.44)
  pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.40)
  add_library(dependency::libuv ALIAS PkgConfig::libuv)
  add_library(dependency::sqlite3 ALIAS PkgConfig::sqlite3)
  find_package(nlohmann_json 3.11 REQUIRED)
endif()
