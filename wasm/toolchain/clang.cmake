# SPDX-License-Identifier: MIT
#
# This machine's clang, the same that is chosen for WebAssembly where it can build for this machine.
include(${CMAKE_CURRENT_LIST_DIR}/find_clang.cmake)

# Whether `clang` compiles for this machine with a C library: that it finds stdio.h.
function(segfit_clang_has_stdio clang result)
  file(WRITE ${CMAKE_BINARY_DIR}/find_clang.c "#include <stdio.h>\n")
  execute_process(COMMAND ${clang} -fsyntax-only ${CMAKE_BINARY_DIR}/find_clang.c
    RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
  if(code EQUAL 0)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

segfit_find_clang(SEGFIT_CLANG segfit_clang_has_stdio)
if(NOT SEGFIT_CLANG)
  message(FATAL_ERROR "no clang (Debian: apt-get install clang-19)")
endif()
set(CMAKE_C_COMPILER ${SEGFIT_CLANG})
