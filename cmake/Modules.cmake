# Which modules are built: those whose client library is there.

# uvsched_client_library(OPTION package at least TITLE title DEBIAN package): dependency::PACKAGE, and the option that
# says whether its module is built.
function(uvsched_client_library option package at_least)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "TITLE;DEBIAN" "")
  if(PkgConfig_FOUND)
    pkg_check_modules(${package} QUIET IMPORTED_TARGET GLOBAL ${package}>=${at_least})
  endif()
  # What is made for other machines must not need a library of this one.
  set(wanted OFF)
  if(${package}_FOUND AND NOT UVSCHED_BUNDLED AND NOT CMAKE_CROSSCOMPILING)
    set(wanted ON)
  endif()
  option(${option} "Build the module of ${arg_TITLE}, which needs ${package} ${at_least} or newer" ${wanted})
  if(${option})
    if(NOT ${package}_FOUND)
      message(FATAL_ERROR
        "${option}: ${package} ${at_least} or newer is not installed (${arg_DEBIAN} on Debian and Ubuntu)")
    endif()
    add_library(dependency::${package} ALIAS PkgConfig::${package})
  endif()
endfunction()

uvsched_client_library(UVSCHED_POSTGRESQL libpq 14 TITLE PostgreSQL DEBIAN libpq-dev)
uvsched_client_library(UVSCHED_REDIS hiredis 0.14 TITLE Redis DEBIAN libhiredis-dev)
uvsched_client_library(UVSCHED_MONGODB libmongoc-1.0 1.17 TITLE MongoDB DEBIAN libmongoc-dev)
set(UVSCHED_MODULES_DIR "${CMAKE_CURRENT_BINARY_DIR}" CACHE INTERNAL "Where the built modules are")

# uvsched_driver(name SOURCES… LINKS…): the module libuvsched-NAME.so, which exports its table alone.
function(uvsched_driver name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  set(target uvsched_driver_${name})
  add_library(${target} MODULE ${arg_SOURCES})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE ${arg_LINKS})
  uvsched_warnings(${target})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME uvsched-${name})
  install(TARGETS ${target} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endfunction()
