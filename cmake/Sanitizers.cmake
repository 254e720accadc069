# UVSCHED_SANITIZE applies to every target of the build.
if(UVSCHED_SANITIZE)
  add_compile_options(-fsanitize=${UVSCHED_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${UVSCHED_SANITIZE})
endif()
