# SPDX-License-Identifier: MIT
#
# WASI: wasi-sdk if WASI_SDK_PATH is set, else a clang of the system with its wasi-libc
# (Debian: clang-19 lld-19 libclang-rt-19-dev-wasm32 wasi-libc). Programs run under Node.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(SEGFIT_WASI TRUE)

include(${CMAKE_CURRENT_LIST_DIR}/find_clang.cmake)

# Whether `clang` has what linking for wasm32-wasi needs: its run-time library and a C library.
function(segfit_clang_has_wasi clang result)
  execute_process(COMMAND ${clang} --target=wasm32-wasi -rtlib=compiler-rt -print-libgcc-file-name
    OUTPUT_VARIABLE runtime OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  execute_process(COMMAND ${clang} --target=wasm32-wasi -print-file-name=libc.a
    OUTPUT_VARIABLE library OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(EXISTS "${runtime}" AND EXISTS "${library}")
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

if(DEFINED ENV{WASI_SDK_PATH})
  set(CMAKE_C_COMPILER "$ENV{WASI_SDK_PATH}/bin/clang")
  set(CMAKE_SYSROOT "$ENV{WASI_SDK_PATH}/share/wasi-sysroot")
  if(NOT EXISTS "${CMAKE_C_COMPILER}")
    message(FATAL_ERROR "WASI_SDK_PATH has no bin/clang: $ENV{WASI_SDK_PATH}")
  endif()
else()
  segfit_find_clang(SEGFIT_WASI_CLANG segfit_clang_has_wasi)
  if(NOT SEGFIT_WASI_CLANG)
    message(FATAL_ERROR "no clang with wasi-libc: set WASI_SDK_PATH, or install one "
      "(Debian: apt-get install clang-19 lld-19 libclang-rt-19-dev-wasm32 wasi-libc)")
  endif()
  set(CMAKE_C_COMPILER ${SEGFIT_WASI_CLANG})
endif()

set(CMAKE_C_COMPILER_TARGET wasm32-wasi)
segfit_use_llvm_tools(${CMAKE_C_COMPILER})
set(SEGFIT_EXECUTABLE_SUFFIX ".wasm")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

find_program(SEGFIT_NODE node)
set(CMAKE_CROSSCOMPILING_EMULATOR ${SEGFIT_NODE} ${CMAKE_CURRENT_LIST_DIR}/run-wasi.mjs)
