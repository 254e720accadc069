# What `cmake --install` puts where. Every path in the installed files is relative, so that the tree may be moved.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/uvsched")
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
set(namelink "")
if(UVSCHED_ONE_FILE)
  set(namelink NAMELINK_SKIP)
endif()

install(TARGETS uvsched uvsched_headers EXPORT uvsched-targets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" ${namelink})
install(EXPORT uvsched-targets NAMESPACE uvsched:: DESTINATION "${package_dir}")
if(TARGET uvsched_static)
  install(TARGETS uvsched_static EXPORT uvsched-targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/capi/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "uvsched.h*")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/uvsched-config.cmake.in" uvsched-config.cmake
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(uvsched-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/uvsched-config.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/uvsched-config-version.cmake" DESTINATION "${package_dir}")

file(RELATIVE_PATH pc_prefix "/${pkgconfig_dir}" "/")
cmake_path(SET pc_prefix NORMALIZE "${pc_prefix}.")
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
set(pc_library "-luvsched")
if(UVSCHED_ONE_FILE)
  set(pc_library "-l:libuvsched.so.${PROJECT_VERSION_MAJOR}")
endif()
# What a static program links too. Debian's static libuv has a name and a pkg-config file of its own.
set(pc_private "")
if(TARGET uvsched_static)
  if(NOT UVSCHED_BUNDLED)
    pkg_check_modules(libuv_static QUIET libuv-static)
    if(NOT libuv_static_FOUND)
      set(libuv_static_STATIC_LIBRARIES ${libuv_STATIC_LIBRARIES})
    endif()
  endif()
  set(libraries ${libuv_static_STATIC_LIBRARIES} ${sqlite3_STATIC_LIBRARIES} m ${CMAKE_DL_LIBS})
  if(NOT UVSCHED_CXX_RUNTIME)
    list(PREPEND libraries ${UVSCHED_CXX_LIBRARY})
  endif()
  list(TRANSFORM libraries PREPEND " -l" OUTPUT_VARIABLE libraries)
  string(JOIN "" libraries ${libraries})
  set(pc_private "Libs.private:${libraries} -pthread\n")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/uvsched.pc.in" uvsched.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/uvsched.pc" DESTINATION "${pkgconfig_dir}")
