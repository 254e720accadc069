# uvsched_warnings(target): the warnings every target of ours is clean under.
function(uvsched_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual>
    $<$<BOOL:${UVSCHED_WERROR}>:-Werror>)
endfunction()
