# uvsched_unity(target): compiles up to 24 files of the target as one, if UVSCHED_UNITY is on. Most of the time for
# a small file goes into headers that its neighbours include too. Names in the anonymous namespaces of a target must
# then differ.
function(uvsched_unity target)
  get_target_property(sources ${target} SOURCES)
  list(LENGTH sources files)
  math(EXPR units "(${files} + 23) / 24")
  math(EXPR size "(${files} + ${units} - 1) / ${units}")
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${UVSCHED_UNITY} UNITY_BUILD_BATCH_SIZE ${size})
endfunction()
