# Our licence and those of what is compiled along: beside the documentation, or in a wheel's metadata, which has ours by
# itself.
if(SKBUILD)
  set(folder "${SKBUILD_METADATA_DIR}/licenses")
else()
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
  set(folder "${CMAKE_INSTALL_DOCDIR}/licences")
endif()
if(UVSCHED_BUNDLED)
  foreach(file libuv/LICENSE libuv/LICENSE-extra nlohmann_json/LICENSE)
    cmake_path(GET file PARENT_PATH name)
    install(FILES "${UVSCHED_DEPENDENCIES_DIR}/${file}" DESTINATION "${folder}/${name}")
  endforeach()
endif()
