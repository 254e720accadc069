# uvsched_warnings(target): the warnings every target of ours is clean under.
function(uvsched_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> # GCC bug 105651: false alarms in std::string at -O3
    $<$<BOOL:${UVSCHED_WERROR}>:-Werror>)
  if(UVSCHED_SANITIZE)
    # GCC's own words: false alarms under sanitizers
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  endif()
endfunction()
