# uvsched_warnings(target): the warnings every target of ours is clean under.
function(uvsched_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> # GCC bug 105651: false alarms in std::string at -O3
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<NOT:$<STREQUAL:${UVSCHED_SANITIZE},>>>:-Wno-maybe-uninitialized> # GCC's own words: false alarms under sanitizers
    $<$<BOOL:${UVSCHED_WERROR}>:-Werror>)
endfunction()
