# What `cmake --install` puts where. Every path in the installed files is relative, so that the tree may be moved.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/uvsched")
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
set(namelink "")
if(SKBUILD)
  set(namelink NAMELINK_SKIP)
endif()

install(TARGETS uvsched uvsched_headers EXPORT uvsched-targets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" ${namelink})
install(EXPORT uvsched-targets NAMESPACE uvsched:: DESTINATION "${package_dir}")
if(TARGET uvsched_static)
  install(TARGETS uvsched_static EXPORT uvsched-targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/capi/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "uvsched.h*")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/uvsched-config.cmake.in" uvsched-config.cmake
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(uvsched-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/uvsched-config.cmake" "${CMAKE_CURRENT_BINARY_DIR}/uvsched-config-version.cmake"
  DESTINATION "${package_dir}")

file(RELATIVE_PATH pc_prefix "/${pkgconfig_dir}" "/")
cmake_path(SET pc_prefix NORMALIZE "${pc_prefix}.")
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
set(pc_library "-luvsched")
if(SKBUILD)
  set(pc_library "-l:libuvsched.so.${PROJECT_VERSION_MAJOR}")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/uvsched.pc.in" uvsched.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/uvsched.pc" DESTINATION "${pkgconfig_dir}")
