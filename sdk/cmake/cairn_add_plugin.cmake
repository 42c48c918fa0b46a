# cairn_add_plugin(<target> SOURCES ... [LIBS ...] [TEST ...] [CHECK_PARAMS file.toml]): one plugin library with its two
# exported names and a side file in clear. Outside cairn's own build also two tests: <target>.check runs the conformance
# kit on it, with CHECK_PARAMS where a type has required parameters, unless UNCHECKED; <target>.test is a GoogleTest
# program of TEST's files.
set(_cairn_plugin_cmake_dir "${CMAKE_CURRENT_LIST_DIR}")
function(cairn_add_plugin target)
  cmake_parse_arguments(ARG "BUILTIN;UNCHECKED" "CHECK_PARAMS" "SOURCES;LIBS;TEST" ${ARGN})
  add_library(${target} MODULE ${ARG_SOURCES})
  set_target_properties(${target} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
                        CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_compile_definitions(${target} PRIVATE CAIRN_ABI_MARKER=${CAIRN_ABI_MARKER} "CAIRN_FINGERPRINT=\"${CAIRN_FINGERPRINT}\"")
  target_link_libraries(${target} PRIVATE ${ARG_LIBS} cairn::sdk)
  target_link_options(${target} PRIVATE -Wl,-z,defs -Wl,-z,nodelete "-Wl,--version-script=${_cairn_plugin_cmake_dir}/plugin.version")
  file(GENERATE OUTPUT "$<TARGET_FILE_DIR:${target}>/${target}.plugin.toml"
       CONTENT "# Written by the build; for explanations only.\nfingerprint = \"${CAIRN_FINGERPRINT}\"\nmarker = \"${CAIRN_ABI_MARKER}\"\n")
  if(ARG_BUILTIN)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib/cairn/plugins")
    set_property(GLOBAL APPEND PROPERTY CAIRN_PLUGINS ${target})
    return()
  endif()
  # As cairn itself is built: optimised unless told otherwise, and no contraction into fused multiply-add.
  target_compile_options(${target} PRIVATE -Wall -Wextra -ffp-contract=off $<$<CONFIG:>:-O2>)
  if(ARG_UNCHECKED)
    return()
  endif()
  _cairn_plugin_tests(${target} "${ARG_TEST}" "${ARG_CHECK_PARAMS}")
endfunction()

function(_cairn_plugin_tests target test params)
  set(options "")
  if(params)
    cmake_path(ABSOLUTE_PATH params)
    set(options --params "${params}")
  endif()
  add_test(NAME ${target}.check COMMAND "${CAIRN_PLUGIN_CHECK}" "$<TARGET_FILE:${target}>" ${options})
  if(test)
    find_package(GTest REQUIRED)
    add_executable(${target}_test ${test})
    add_dependencies(${target}_test ${target})
    target_compile_definitions(${target}_test PRIVATE CAIRN_PLUGIN_FILE="$<TARGET_FILE:${target}>"
                               CAIRN_PLUGIN_SOURCE_DIR="${CMAKE_CURRENT_SOURCE_DIR}")
    target_compile_options(${target}_test PRIVATE -Wall -Wextra)
    target_link_libraries(${target}_test PRIVATE cairn::conformance GTest::gtest_main)
    add_test(NAME ${target}.test COMMAND ${target}_test)
  endif()
endfunction()
