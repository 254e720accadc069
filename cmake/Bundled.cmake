# libuv, SQLite and nlohmann_json from sources in UVSCHED_DEPENDENCIES_DIR, which `./dev dependencies` fills. They
# become part of libuvsched: nothing of them is exported, and their objects are in the static library too.
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
  message(FATAL_ERROR "UVSCHED_BUNDLED is made for Linux; on ${CMAKE_SYSTEM_NAME} use the system's libuv and SQLite")
endif()
foreach(file libuv/include/uv.h sqlite/sqlite3.c nlohmann_json/include/nlohmann/json.hpp)
  if(NOT EXISTS "${UVSCHED_DEPENDENCIES_DIR}/${file}")
    message(FATAL_ERROR "UVSCHED_DEPENDENCIES_DIR: '${UVSCHED_DEPENDENCIES_DIR}' has no ${file}; "
      "fill the folder with ./dev dependencies FOLDER, or build without UVSCHED_BUNDLED")
  endif()
endforeach()

# uvsched_bundled(name INCLUDES folder DEFINES… SOURCES…): other people's code, and so without our warnings.
function(uvsched_bundled name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "INCLUDES" "DEFINES;SOURCES")
  list(TRANSFORM arg_SOURCES PREPEND "${UVSCHED_DEPENDENCIES_DIR}/")
  add_library(uvsched_${name} STATIC ${arg_SOURCES})
  add_library(dependency::${name} ALIAS uvsched_${name})
  target_include_directories(uvsched_${name} SYSTEM PUBLIC "${UVSCHED_DEPENDENCIES_DIR}/${arg_INCLUDES}")
  target_compile_definitions(uvsched_${name} PRIVATE ${arg_DEFINES})
  target_compile_options(uvsched_${name} PRIVATE -w)
  target_link_libraries(uvsched_${name} PUBLIC Threads::Threads ${CMAKE_DL_LIBS})
  set_target_properties(uvsched_${name} PROPERTIES C_EXTENSIONS ON C_STANDARD 11)
  set_property(GLOBAL APPEND PROPERTY uvsched_bundled_targets uvsched_${name})
endfunction()

# libuv is not written for the optimisations that strict aliasing allows.
uvsched_bundled(libuv INCLUDES libuv/include
  DEFINES _GNU_SOURCE _POSIX_C_SOURCE=200112 _FILE_OFFSET_BITS=64 _LARGEFILE_SOURCE
  SOURCES
    libuv/src/fs-poll.c libuv/src/idna.c libuv/src/inet.c libuv/src/random.c libuv/src/strscpy.c libuv/src/strtok.c
    libuv/src/thread-common.c libuv/src/threadpool.c libuv/src/timer.c libuv/src/uv-common.c
    libuv/src/uv-data-getter-setters.c libuv/src/version.c
    libuv/src/unix/async.c libuv/src/unix/core.c libuv/src/unix/dl.c libuv/src/unix/fs.c libuv/src/unix/getaddrinfo.c
    libuv/src/unix/getnameinfo.c libuv/src/unix/linux.c libuv/src/unix/loop-watcher.c libuv/src/unix/loop.c
    libuv/src/unix/pipe.c libuv/src/unix/poll.c libuv/src/unix/process.c libuv/src/unix/procfs-exepath.c
    libuv/src/unix/proctitle.c libuv/src/unix/random-devurandom.c libuv/src/unix/random-getrandom.c
    libuv/src/unix/random-sysctl-linux.c libuv/src/unix/signal.c libuv/src/unix/stream.c libuv/src/unix/tcp.c
    libuv/src/unix/thread.c libuv/src/unix/tty.c libuv/src/unix/udp.c)
target_include_directories(uvsched_libuv PRIVATE "${UVSCHED_DEPENDENCIES_DIR}/libuv/src")
target_compile_options(uvsched_libuv PRIVATE -fno-strict-aliasing)

# The options are those that SQLite's documentation recommends to a program with a copy of its own, as far as they suit
# the store; docs/decisions/0055-bundled-dependencies.md has the reason for each.
uvsched_bundled(sqlite3 INCLUDES sqlite
  DEFINES
    SQLITE_THREADSAFE=1 SQLITE_DQS=0 SQLITE_DEFAULT_MEMSTATUS=0 SQLITE_LIKE_DOESNT_MATCH_BLOBS SQLITE_MAX_EXPR_DEPTH=0
    SQLITE_OMIT_DECLTYPE SQLITE_OMIT_DEPRECATED SQLITE_OMIT_LOAD_EXTENSION SQLITE_OMIT_PROGRESS_CALLBACK
    SQLITE_OMIT_SHARED_CACHE SQLITE_STRICT_SUBTYPE=1 SQLITE_USE_ALLOCA HAVE_USLEEP=1 HAVE_FDATASYNC=1
  SOURCES sqlite/sqlite3.c)

add_library(uvsched_nlohmann_json INTERFACE)
add_library(nlohmann_json::nlohmann_json ALIAS uvsched_nlohmann_json)
target_include_directories(uvsched_nlohmann_json SYSTEM INTERFACE
  "${UVSCHED_DEPENDENCIES_DIR}/nlohmann_json/include")
