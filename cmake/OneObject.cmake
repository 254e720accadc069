# What a program must link beside libuvsched.a, apart from what belongs to the C library.
set(UVSCHED_CXX_LIBRARY stdc++)
if(APPLE)
  set(UVSCHED_CXX_LIBRARY c++)
endif()
set(UVSCHED_STATIC_NEEDS "")
if(NOT UVSCHED_CXX_RUNTIME)
  set(UVSCHED_STATIC_NEEDS ${UVSCHED_CXX_LIBRARY})
endif()
if(NOT UVSCHED_BUNDLED)
  list(PREPEND UVSCHED_STATIC_NEEDS uv sqlite3)
endif()

# uvsched_one_object(target): makes a static library of one object, which holds the archives of UVSCHED_CXX_RUNTIME too,
# as far as they are used, and defines nothing but the C ABI. A program then needs no C++ runtime, and neither another
# SQLite nor another C++ runtime in it can be mixed with those in the library.
function(uvsched_one_object target)
  set(object "${CMAKE_CURRENT_BINARY_DIR}/${target}.o")
  add_custom_command(TARGET ${target} POST_BUILD VERBATIM
    COMMAND ${CMAKE_LINKER} -r --force-group-allocation -o ${object} --whole-archive $<TARGET_FILE:${target}>
      --no-whole-archive --start-group ${UVSCHED_CXX_RUNTIME} --end-group
    COMMAND ${CMAKE_OBJCOPY} --strip-debug --wildcard --keep-global-symbol=sched_* ${object}
    COMMAND ${CMAKE_COMMAND} -E rm $<TARGET_FILE:${target}>
    COMMAND ${CMAKE_AR} rcsD $<TARGET_FILE:${target}> ${object})
endfunction()
