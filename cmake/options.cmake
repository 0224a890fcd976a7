# The options of the build and the compiler flags that follow from them.
option(XTAPE_WERROR "Treat warnings as errors" OFF)
option(XTAPE_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(XTAPE_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(XTAPE_COVERAGE "Count executed lines (gcov)" OFF)
set(XTAPE_SANITIZE "" CACHE STRING "Sanitizers for everything, for example address,undefined")
set(XTAPE_THREADS tbb CACHE STRING "What runs parallel_for: tbb, or std (std::thread, for the thread sanitizer)")
set_property(CACHE XTAPE_THREADS PROPERTY STRINGS tbb std)
set(XTAPE_ONEDNN AUTO CACHE STRING "Products by oneDNN: AUTO (where it is found), ON or OFF")
set_property(CACHE XTAPE_ONEDNN PROPERTY STRINGS AUTO ON OFF)
set(XTAPE_PROCESSOR native CACHE STRING "Processor that the library's sources are compiled for: native, baseline or a value of -march")

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/bin)
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(XTAPE_CCACHE ccache)
if(XTAPE_CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  # ccache takes no file that reads a precompiled header unless it is allowed to.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${XTAPE_CCACHE})
endif()

# clang's -Wconversion means more than g++'s: signs, and {0.1} for a float.
set(XTAPE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  "$<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion;-Wno-implicit-float-conversion>"
  $<$<BOOL:${XTAPE_WERROR}>:-Werror>
)

if(XTAPE_PROCESSOR STREQUAL "baseline")
  set(XTAPE_PROCESSOR_FLAGS)
else()
  set(XTAPE_PROCESSOR_FLAGS -march=${XTAPE_PROCESSOR})
endif()

if(XTAPE_SANITIZE)
  add_compile_options(-fsanitize=${XTAPE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${XTAPE_SANITIZE})
  # g++ takes minutes for a file of inlined formulas when it guards arrays on the stack (clang++ guards them as well), and
  # what it then warns of bounds of arrays is wrong.
  if(XTAPE_SANITIZE MATCHES address AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(--param=asan-stack=0 --param=asan-instrumentation-with-call-threshold=0 -Wno-array-bounds)
  endif()
endif()
if(XTAPE_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# Static unless BUILD_SHARED_LIBS says otherwise; the package file needs to know.
set(XTAPE_IS_STATIC ON)
if(BUILD_SHARED_LIBS)
  set(XTAPE_IS_STATIC OFF)
endif()

# How sanitizers report in tests.
set(XTAPE_TEST_ENVIRONMENT
  "ASAN_OPTIONS=detect_stack_use_after_return=1;UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=second_deadlock_stack=1"
)
