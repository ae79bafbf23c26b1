# SPDX-License-Identifier: MIT
#
# Freestanding WebAssembly: any clang that knows wasm32 and finds wasm-ld, no C library.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(SEGFIT_FREESTANDING TRUE)

include(${CMAKE_CURRENT_LIST_DIR}/find_clang.cmake)

# Whether `clang` has the target, and a wasm-ld that it finds by itself.
function(segfit_clang_has_wasm32 clang result)
  execute_process(COMMAND ${clang} --target=wasm32 -print-prog-name=wasm-ld
    OUTPUT_VARIABLE linker OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  execute_process(COMMAND ${clang} -print-targets OUTPUT_VARIABLE targets ERROR_QUIET)
  if(EXISTS "${linker}" AND targets MATCHES "wasm32")
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

segfit_find_clang(SEGFIT_WASM_CLANG segfit_clang_has_wasm32)
if(NOT SEGFIT_WASM_CLANG)
  message(FATAL_ERROR "no clang with wasm-ld (Debian: apt-get install clang-19 lld-19)")
endif()
set(CMAKE_C_COMPILER ${SEGFIT_WASM_CLANG})
set(CMAKE_C_COMPILER_TARGET wasm32)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
segfit_use_llvm_tools(${CMAKE_C_COMPILER})
