# UVSCHED_SANITIZE applies to every target of the build, and so does the coverage that fuzzers are guided by.
if(UVSCHED_SANITIZE)
  add_compile_options(-fsanitize=${UVSCHED_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${UVSCHED_SANITIZE})
endif()
if(UVSCHED_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
